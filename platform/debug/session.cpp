// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/session.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tessera::debug {

namespace {

constexpr std::size_t kThreadsPerPacket = 500;

}  // namespace

Session::Session(const Machine& machine, Debugger& debugger, Monitor& monitor)
    : machine_(machine), debugger_(debugger), monitor_(monitor) {}

std::optional<std::uint32_t> Session::thread_to_hart(std::uint64_t thread) const {
  const bool is_known = thread >= 1 && thread <= machine_.harts.num_harts() &&
                        debugger_.knows(static_cast<std::uint32_t>(thread - 1));
  return is_known ? std::optional(static_cast<std::uint32_t>(thread - 1)) : std::nullopt;
}

std::vector<std::uint32_t> Session::threads() const {
  return end_ ? std::vector<std::uint32_t>() : debugger_.harts();
}

Answer Session::handle(std::string_view packet) {
  Cursor cursor(packet);
  if (cursor.take("q")) {
    return query(cursor);
  }
  if (cursor.take("Q")) {
    return set(cursor);
  }
  if (cursor.take("v")) {
    return verbose(cursor);
  }
  if (cursor.take("!")) {
    return answer::kOk;
  }
  if (cursor.take("?")) {
    return {{end_ ? *end_ : last_stop_}};
  }
  if (cursor.take("k")) {
    end_ = kKilled;
    return {{}, Next::kKill};
  }
  if (cursor.take("R")) {
    return {{}, Next::kRestart};
  }
  if (cursor.take("D")) {
    debugger_.release();
    return {{"OK"}, Next::kDetach};
  }
  return end_ ? answer::kCannot : command(cursor);
}

Answer Session::command(Cursor packet) {
  const char name = packet.is_at_end() ? '\0' : packet.rest().front();
  packet.take(packet.rest().substr(0, 1));
  switch (name) {
    case 'g':
      return read_registers();
    case 'G':
      return write_registers(packet);
    case 'p':
      return read_register(packet);
    case 'P':
      return write_register(packet);
    case 'm':
      return read_memory(packet);
    case 'M':
      return write_memory(packet, false);
    case 'X':
      return write_memory(packet, true);
    case 'Z':
      return breakpoint(packet, true);
    case 'z':
      return breakpoint(packet, false);
    case 'H':
      return select_thread(packet);
    case 'T': {
      const auto thread = packet.number();
      return thread && knows_thread(*thread) ? answer::kOk : answer::kCannot;
    }
    case 'c':
      return resume_plainly(ResumeAction::Kind::kContinue, packet);
    case 's':
      return resume_plainly(ResumeAction::Kind::kStep, packet);
    default:
      return answer::kUnknown;
  }
}

Answer Session::select_thread(Cursor packet) {
  if (!packet.take("g") && !packet.take("c")) {
    return answer::kCannot;
  }
  if (packet.take("-1") || packet.rest() == "0") {  // all, any
    return answer::kOk;
  }
  const auto thread = packet.number();
  if (!thread || !knows_thread(*thread)) {
    return answer::kCannot;
  }
  hart_ = *thread_to_hart(*thread);
  return answer::kOk;
}

Answer Session::set(Cursor packet) const {
  return packet.rest() == "StartNoAckMode" ? answer::kOk : answer::kUnknown;
}

Answer Session::query(Cursor packet) {
  if (packet.take("Supported")) {
    return {
        {fmt::format("PacketSize={:x};QStartNoAckMode+;qXfer:features:read+;"
                     "qXfer:threads:read+;qXfer:memory-map:read+;swbreak+;hwbreak+;"
                     "vContSupported+",
                     kMaxPayload)}};
  }
  if (packet.take("Xfer:")) {
    return transfer(packet);
  }
  if (packet.take("Rcmd,")) {
    const auto text = from_hex(packet.rest());
    if (!text) {
      return answer::kCannot;
    }
    Answer answer{console(monitor_.execute(*text))};
    thread_list_.clear();  // the command may have changed who is a thread
    answer.replies.push_back("OK");
    return answer;
  }
  if (packet.rest() == "C") {
    return {{fmt::format("QC{:x}", hart_ + 1)}};
  }
  if (packet.take("Attached")) {
    return {{"1"}};
  }
  if (packet.rest() == "Symbol::") {
    return answer::kOk;
  }
  const bool is_first = packet.take("fThreadInfo");
  if (is_first || packet.take("sThreadInfo")) {
    if (is_first) {
      next_thread_ = 0;
      note_shown();
    }
    std::string list;
    const std::vector<std::uint32_t> harts = threads();
    const std::size_t end = std::min(harts.size(), next_thread_ + kThreadsPerPacket);
    for (; next_thread_ < end; ++next_thread_) {
      list += fmt::format("{}{:x}", list.empty() ? 'm' : ',', harts[next_thread_] + 1);
    }
    return {{list.empty() ? "l" : list}};
  }
  if (packet.take("ThreadExtraInfo,")) {
    const auto thread = packet.number();
    const auto hart = thread ? thread_to_hart(*thread) : std::nullopt;
    return hart ? Answer{{to_hex(machine_.harts.hart_name(*hart) + " " +
                                 machine_.harts.hart_activity(*hart))}}
                : answer::kCannot;
  }
  return answer::kUnknown;
}

std::string Session::document(std::string_view object, std::string_view annex) {
  if (object == "features" && annex == "target.xml") {
    return target_description(machine_.harts.csrs());
  }
  if (object == "memory-map" && annex.empty()) {
    return memory_map(machine_.regions);
  }
  if (object == "threads" && annex.empty()) {
    note_shown();
    if (thread_list_.empty() || end_) {
      thread_list_ = thread_list(machine_.harts, threads());
    }
    return thread_list_;
  }
  return "";
}

Answer Session::transfer(Cursor packet) {
  const std::string_view object = packet.until(':');
  const bool is_read = packet.take("read:");
  const std::string text = is_read ? document(object, packet.until(':')) : "";
  if (text.empty()) {
    return is_read ? Answer{{"E00"}} : answer::kUnknown;
  }
  const auto offset = packet.number();
  const bool has_comma = packet.take(",");
  const auto length = packet.number();
  if (!offset || !has_comma || !length) {
    return answer::kCannot;
  }
  if (*offset >= text.size()) {
    return {{"l"}};
  }
  // Escapes may double it.
  const std::size_t bytes = std::min<std::uint64_t>({*length, kMaxPayload / 2, text.size()});
  const std::string part = text.substr(*offset, bytes);
  return {{(*offset + part.size() < text.size() ? "m" : "l") + escape(part)}};
}

std::vector<std::string> Session::console(std::string_view text) {
  constexpr std::size_t kPart = kMaxPayload / 2 - 1;
  std::vector<std::string> packets;
  for (; !text.empty(); text.remove_prefix(std::min(kPart, text.size()))) {
    packets.push_back("O" + to_hex(text.substr(0, kPart)));
  }
  return packets;
}

std::vector<std::string> Session::stop_replies(const StopEvent& event) {
  thread_list_.clear();
  const std::uint32_t first = debugger_.harts().front();
  hart_ = event.hart.value_or(
      debugger_.stepping_hart().value_or(debugger_.knows(hart_) ? hart_ : first));
  last_stop_ = fmt::format("T{:02x}thread:{:x};", event.signal, hart_ + 1);
  if (event.kind == StopEvent::Kind::kBreakpoint) {
    last_stop_ += event.breakpoint == BreakpointKind::kHardware ? "hwbreak:;" : "swbreak:;";
  } else if (event.kind == StopEvent::Kind::kWatchpoint) {
    const char* name = event.breakpoint == BreakpointKind::kWrite  ? "watch"
                       : event.breakpoint == BreakpointKind::kRead ? "rwatch"
                                                                   : "awatch";
    last_stop_ += fmt::format("{}:{:x};", name, event.address);
  }
  constexpr std::uint64_t kSp = 2;
  constexpr std::uint64_t kFp = 8;
  for (const std::uint64_t number : {kPcNumber, kSp, kFp}) {
    if (const std::optional<std::uint32_t> value = register_value(hart_, number)) {
      last_stop_ += fmt::format("{:x}:{};", number, to_hex_little_endian(*value));
    }
  }
  const std::string text = told(event);
  std::vector<std::string> packets = console(text.empty() ? "" : "[tessera] " + text + "\n");
  packets.push_back(last_stop_);
  return packets;
}

void Session::note_shown() {
  is_interrupted_ = false;
  told_access_.reset();
  num_told_accesses_ = 0;
  are_accesses_left_out_ = false;
}

// GDB goes on by itself from an access when the condition of its watchpoint is false: a few of
// these are told, the others left out. But GDB itself names a hart only, so that any other agent is
// told.
std::string Session::told(const StopEvent& event) {
  constexpr unsigned kMaxTold = 4;
  if (event.kind != StopEvent::Kind::kWatchpoint) {
    return event.text;
  }
  const bool is_other =
      !told_access_ || (told_access_->agent != event.agent && !(told_access_->hart && event.hart));
  if (is_other || num_told_accesses_ < kMaxTold) {
    ++num_told_accesses_;
    told_access_ = event;
    return event.text;
  }
  return std::exchange(are_accesses_left_out_, true)
             ? ""
             : "more of them are left out here as long as GDB goes on by itself; 'monitor where' "
               "names the latest";
}

std::string Session::end_reply(std::uint8_t exit_code) {
  end_ = fmt::format("W{:02x}", exit_code);
  return *end_;
}

}  // namespace tessera::debug
