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

  bool is_interrupted() const;
  /// True once after each SIGUSR1.
  bool take_progress_request();
};

}  // namespace tessera::app
