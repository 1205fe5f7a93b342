// SPDX-License-Identifier: Apache-2.0
#include "platform/app/signals.h"

#include <csignal>

#include <unistd.h>

#include "platform/app/exit_code.h"

namespace tessera::app {

namespace {

// Signal handlers reach nothing but globals.
volatile std::sig_atomic_t interrupts = 0;         // NOLINT
volatile std::sig_atomic_t progress_requests = 0;  // NOLINT

extern "C" void handle_interrupt(int) {
  if (interrupts++ > 0) {
    _exit(kInterrupted);
  }
}

extern "C" void handle_progress_request(int) {
  progress_requests = 1;
}

void install(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

}  // namespace

Signals::Signals() {
  install(SIGINT, handle_interrupt);
  install(SIGTERM, handle_interrupt);
  install(SIGUSR1, handle_progress_request);
}

Signals::~Signals() {
  install(SIGINT, SIG_DFL);
  install(SIGTERM, SIG_DFL);
  install(SIGUSR1, SIG_DFL);
}

bool Signals::is_interrupted() const {
  return interrupts > 0;
}

bool Signals::take_progress_request() {
  const bool is_requested = progress_requests != 0;
  progress_requests = 0;
  return is_requested;
}

}  // namespace tessera::app
