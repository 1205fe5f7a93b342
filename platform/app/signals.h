// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tessera::app {

/// Catches SIGINT, SIGTERM (of `timeout` and of batch systems) and SIGUSR1 while it lives. The
/// first of the former two is remembered; another one, when a second has passed, ends the process
/// at once with exit code 130. From then on nothing that cannot be written ends the process: a pipe
/// whose reader has gone, a file as large as `ulimit -f` allows.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// From now on a call of the system goes on after a signal: what is written is whole. Before, a
  /// signal ends the call, so that a file that cannot be opened yet (a pipe that nobody reads) can
  /// be given up.
  void let_calls_end() const;
  static bool is_interrupted();
  /// True once after each SIGUSR1.
  bool take_progress_request();
};

}  // namespace tessera::app
