// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "platform/debug/debugger.h"
#include "platform/debug/monitor.h"
#include "platform/debug/packet.h"
#include "platform/debug/session.h"
#include "platform/debug/transport.h"

namespace tessera::debug {

/// A GDB remote server for one machine. All of it runs in the simulation's own thread: a machine
/// that stands still is a call of halt() that has not returned, and answers at once.
class Server {
 public:
  /// What a new process needs to go on with the client of this one.
  struct Handover {
    Transport::Handles handles;
    bool is_without_acks = false;
  };
  struct Host {
    std::function<bool()> is_interrupted;  ///< the user wants the process to end
    std::function<void()> end_run;         ///< after the instruction that is executing
    /// Replaces the process by a new one with the same command line.
    std::function<void(const Handover&)> restart;
    std::function<void(const std::string&)> warn;  ///< one line for the user, without line feed
  };
  Server(std::unique_ptr<Transport> transport, const Session::Machine& machine, Host host,
         Debugger::Machine debugged);

  const Transport& transport() const { return *transport_; }
  Debugger& debugger() { return debugger_; }
  const Debugger& debugger() const { return debugger_; }
  Monitor& monitor() { return monitor_; }

  /// Halts until a client has come and lets the machine go.
  void wait_for_client();
  /// Goes on with the client of a former process, which has asked for a restart.
  void resume_client(const Handover& handover);
  /// Looks for a new client and for Ctrl-C. Between two steps of the simulation.
  void poll();
  /// Runs the client's commands until the machine is to go on; at once without a client.
  void halt(const StopEvent& event);
  /// Tells the client that the run has ended, and serves it until it leaves.
  void finish(std::uint8_t exit_code);
  bool has_client() const { return transport_->is_connected(); }
  /// Wall time spent in halt(), in seconds.
  double halted_seconds() const { return halted_.count(); }

 private:
  void start_session();
  void serve();
  void refuse_others();
  /// The next packet; nothing when the client has gone or the user wants to end.
  std::optional<std::string> next_packet();
  /// Takes one event from the client; a packet, if it was one.
  std::optional<std::string> take(const PacketReader::Event& event);
  void send_packet(const std::string& payload);

  const std::unique_ptr<Transport> transport_;
  const Session::Machine machine_;
  const Host host_;
  Monitor monitor_;
  Debugger debugger_;
  std::unique_ptr<Session> session_;
  PacketReader reader_;
  std::string last_sent_;
  bool is_without_acks_ = false;
  std::chrono::duration<double> halted_{0};
};

}  // namespace tessera::debug
