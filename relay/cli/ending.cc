#include "relay/cli/ending.h"

#include <cstdio>

namespace relay::cli {

int status_of(Ending ending) {
    return static_cast<int>(ending);
}

void complain(const std::string& what) {
    (void)std::fflush(stdout);
    (void)std::fprintf(stderr, "signet: %s\n", what.c_str());
}

int end(Ending ending, const std::string& what) {
    complain(what);
    return status_of(ending);
}

}  // namespace relay::cli
