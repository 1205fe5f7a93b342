// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include <systemc>

#include "platform/app/cli.h"

int sc_main(int argc, char** argv) {
  return tessera::app::run_command_line(argc, argv);
}

int main(int argc, char** argv) {
  // SystemC prints its banner to stderr otherwise; it is named by --version.
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
