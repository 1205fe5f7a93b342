// SPDX-License-Identifier: Apache-2.0
// Main of the test programs that use SystemC. The kernel elaborates once per process, so a process
// runs one test: ctest starts one for each (gtest_discover_tests).
#include <cstdio>

#include <gtest/gtest.h>
#include <systemc>

namespace {

/// SystemC warnings and errors are test failures.
void report_to_gtest(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  if (report.get_severity() == sc_core::SC_INFO) {
    return;
  }
  ADD_FAILURE() << report.get_msg_type() << ": " << report.get_msg();
  if (report.get_severity() == sc_core::SC_FATAL) {
    sc_core::sc_report_handler::default_handler(report, actions);
  }
}

}  // namespace

int sc_main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!testing::GTEST_FLAG(list_tests) && testing::GTEST_FLAG(filter) == "*") {
    std::fprintf(stderr, "run one test per process: --gtest_filter=NAME, or use ctest\n");
    return 2;
  }
  sc_core::sc_report_handler::set_handler(report_to_gtest);
  return RUN_ALL_TESTS();
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
