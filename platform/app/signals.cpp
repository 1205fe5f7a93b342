// SPDX-License-Identifier: Apache-2.0
#include "platform/app/signals.h"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

#include <unistd.h>

#include "platform/app/exit_code.h"

namespace tessera::app {

namespace {

/// `timeout` signals both the process and its group, and a script may pass on the Ctrl-C that the
/// terminal has sent to all: signals this soon after the first say the same. Who sees that a run
/// does not end, and loses patience, takes longer.
constexpr std::int64_t kSameWishMilliseconds = 1000;

// Signal handlers reach nothing but globals.
std::atomic<std::int64_t> interrupted_at{0};       // NOLINT: milliseconds since boot; 0: not
volatile std::sig_atomic_t progress_requests = 0;  // NOLINT
static_assert(std::atomic<std::int64_t>::is_always_lock_free, "used in signal handlers");

std::int64_t milliseconds_since_boot() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

extern "C" void handle_interrupt(int) {
  const std::int64_t now = milliseconds_since_boot();
  std::int64_t first = 0;
  if (!interrupted_at.compare_exchange_strong(first, now) && now - first > kSameWishMilliseconds) {
    _exit(kInterrupted);
  }
}

extern "C" void handle_progress_request(int) {
  progress_requests = 1;
}

void install(int signal, void (*handler)(int), int flags = SA_RESTART) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(signal, &action, nullptr);
}

}  // namespace

Signals::Signals() {
  install(SIGINT, handle_interrupt, 0);
  install(SIGTERM, handle_interrupt, 0);
  install(SIGUSR1, handle_progress_request);
  // Writing fails then, which ends the run like an interrupt; by default it kills the process. It
  // stays so: at its end the process tries once more to write what is left.
  install(SIGPIPE, SIG_IGN);
  install(SIGXFSZ, SIG_IGN);
}

Signals::~Signals() {
  install(SIGINT, SIG_DFL);
  install(SIGTERM, SIG_DFL);
  install(SIGUSR1, SIG_DFL);
}

void Signals::let_calls_end() const {
  install(SIGINT, handle_interrupt);
  install(SIGTERM, handle_interrupt);
}

bool Signals::is_interrupted() {
  return interrupted_at != 0;
}

bool Signals::take_progress_request() {
  const bool is_requested = progress_requests != 0;
  progress_requests = 0;
  return is_requested;
}

}  // namespace tessera::app
