// said(): runs a command and catches what it prints.
#pragma once

#include <string>

#include <gtest/gtest.h>

namespace relay::cli {

struct Said {
    int status = 0;
    std::string out, err;
};

template <class Run>
Said said(Run run) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Said result;
    result.status = run();
    result.out = testing::internal::GetCapturedStdout();
    result.err = testing::internal::GetCapturedStderr();
    return result;
}

}  // namespace relay::cli
