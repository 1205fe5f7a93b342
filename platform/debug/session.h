// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/byte_memory.h"
#include "models/base/hart_control.h"
#include "platform/debug/debugger.h"
#include "platform/debug/descriptions.h"
#include "platform/debug/monitor.h"
#include "platform/debug/packet.h"

namespace tessera::debug {

/// What a client's command leads to.
enum class Next : std::uint8_t {
  kStay,     ///< the machine stands still, the next command can come
  kResume,   ///< the machine goes on
  kDetach,   ///< it goes on without the client
  kKill,     ///< the run ends, unless the client asks for a restart before it leaves
  kRestart,  ///< everything begins anew: packets vRun and R
};

struct Answer {
  std::vector<std::string> replies;  ///< payloads, in order
  Next next = Next::kStay;
};

namespace answer {
inline const Answer kOk{{"OK"}, Next::kStay};
inline const Answer kCannot{{"E01"}, Next::kStay};
inline const Answer kBadAddress{{"E14"}, Next::kStay};
inline const Answer kUnknown{{""}, Next::kStay};
}  // namespace answer

/// One client's commands and their replies, while the machine stands still. Knows no socket.
/// Errors: E01 what cannot be done, E14 ("bad address") memory that is not there; an empty reply to
/// commands that do not exist. A client's mistake has no other effect.
class Session {
 public:
  struct Machine {
    HartControl& harts;
    ByteMemory& memory;
    std::vector<MemoryRegion> regions;
  };
  Session(const Machine& machine, Debugger& debugger, Monitor& monitor);

  Answer handle(std::string_view packet);
  /// The client wants a running machine to stop, but it stands still: GDB goes on by itself from
  /// stops that it does not show to the user. The next resumption ends at once, unless a stop is
  /// shown before.
  void interrupt() { is_interrupted_ = true; }
  /// The packets that tell the client why the machine stands still.
  std::vector<std::string> stop_replies(const StopEvent& event);
  /// The run has ended; nothing is left to look at but its exit code.
  std::string end_reply(std::uint8_t exit_code);
  /// Output for the user, cut into packets.
  static std::vector<std::string> console(std::string_view text);

 private:
  // session.cpp
  Answer query(Cursor packet);
  Answer set(Cursor packet) const;
  Answer transfer(Cursor packet);
  std::string document(std::string_view object, std::string_view annex);
  Answer select_thread(Cursor packet);
  Answer command(Cursor packet);
  std::optional<std::uint32_t> thread_to_hart(std::uint64_t thread) const;
  /// None when the run has ended.
  std::vector<std::uint32_t> threads() const;
  /// The client asks for a list of threads: GDB does so when it shows a stop to the user, and not
  /// when it goes on by itself.
  void note_shown();
  /// What the user is told of `event`.
  std::string told(const StopEvent& event);
  bool knows_thread(std::uint64_t thread) const { return thread_to_hart(thread).has_value(); }

  // session_resume.cpp
  Answer verbose(Cursor packet);
  Answer resume(const ResumeActions& actions);
  /// The old packets c and s.
  Answer resume_plainly(ResumeAction::Kind kind, Cursor packet);
  Answer breakpoint(Cursor packet, bool is_inserted);
  std::optional<ResumeActions> parse_actions(Cursor packet) const;

  // session_data.cpp
  /// Nothing while it is on its way to the register, and for one that does not exist.
  std::optional<std::uint32_t> register_value(std::uint32_t hart, std::uint64_t number);
  std::string register_text(std::uint32_t hart, std::uint64_t number);
  bool write_register(std::uint32_t hart, std::uint64_t number, std::uint32_t value);
  Answer read_registers();
  Answer write_registers(Cursor packet);
  Answer read_register(Cursor packet);
  Answer write_register(Cursor packet);
  Answer read_memory(Cursor packet);
  Answer write_memory(Cursor packet, bool is_binary);

  static constexpr const char* kKilled = "X09";

  const Machine machine_;
  Debugger& debugger_;
  Monitor& monitor_;
  std::uint32_t hart_ = 0;  ///< that the client looks at
  std::string last_stop_ = "S05";
  std::optional<std::string> end_;
  bool is_interrupted_ = false;
  std::optional<StopEvent> told_access_;  ///< latest told one since GDB has shown a stop
  unsigned num_told_accesses_ = 0;        ///< since then
  bool are_accesses_left_out_ = false;    ///< and the user knows
  std::string thread_list_;      ///< document of the present stop; empty: not asked for yet
  std::size_t next_thread_ = 0;  ///< of the list that is being sent in parts
};

}  // namespace tessera::debug
