#include "queue/attempt.h"

#include <algorithm>

namespace queue {

std::vector<int> Attempt::recipients() const {
    std::vector<int> all;
    for (const Part& part : parts) {
        all.insert(all.end(), part.recipients.begin(), part.recipients.end());
    }
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace queue
