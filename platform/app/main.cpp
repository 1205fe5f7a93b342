// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

#include <systemc>

#include "platform/app/cli.h"

int sc_main(int argc, char** argv) {
  return tessera::app::run_command_line(argc, argv);
}

namespace {

/// Gives a closed stdin, stdout or stderr (`2>&-`) its number back: the first file that is opened
/// would get it, and then what is meant for the user. What goes to a closed stderr is dropped; the
/// guest's text still cannot be written to a closed stdout.
void reserve_standard_files() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(file, F_GETFD) < 0 && errno == EBADF) {
      open("/dev/null", file == STDERR_FILENO ? O_WRONLY : O_RDONLY);  // the lowest number
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  reserve_standard_files();
  // SystemC prints its banner to stderr otherwise; it is named by --version.
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
