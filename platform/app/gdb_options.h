// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace tessera::app {

/// "--gdb [host:]port[,wait]" and what goes with it.
struct GdbOptions {
  bool is_wanted = false;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any that is free
  bool waits = false;      ///< for a client, before the first instruction
  std::string harts;       ///< "0-3,17"; empty: all
  /// Of a former process whose client asked for a restart: "listener,connection,acks".
  std::string handover;

  bool is_restarted() const { return !handover.empty(); }
};

/// Throws UsageError.
void read_gdb_address(const std::string& text, GdbOptions& options);
void add_gdb_options(CLI::App& app, GdbOptions& options);

}  // namespace tessera::app
