// SPDX-License-Identifier: Apache-2.0
// Breakpoints, and how the machine goes on.
#include <fmt/format.h>

#include "platform/debug/session.h"

namespace tessera::debug {

namespace {

/// One action of vCont, up to the thread; nothing when it is malformed.
std::optional<ResumeAction> parse_action(Cursor& text) {
  if (text.take("r")) {
    const auto begin = text.number();
    const bool has_comma = text.take(",");
    const auto end = text.number();
    if (!begin || !has_comma || !end) {
      return std::nullopt;
    }
    return ResumeAction{ResumeAction::Kind::kRange, static_cast<std::uint32_t>(*begin),
                        static_cast<std::uint32_t>(*end)};
  }
  // Harts take no signals: "C05" is "c".
  const bool has_signal = !text.is_at_end() && (text.rest()[0] == 'C' || text.rest()[0] == 'S');
  const bool is_step = text.take("s") || text.take("S");
  if (!is_step && !text.take("c") && !text.take("C")) {
    return std::nullopt;
  }
  if (has_signal && !text.number()) {
    return std::nullopt;
  }
  return ResumeAction{is_step ? ResumeAction::Kind::kStep : ResumeAction::Kind::kContinue, 0, 0};
}

}  // namespace

std::optional<ResumeActions> Session::parse_actions(Cursor packet) const {
  ResumeActions actions;
  while (packet.take(";")) {
    Cursor text(packet.rest().substr(0, packet.rest().find(';')));
    packet.take(text.rest());
    const std::optional<ResumeAction> action = parse_action(text);
    if (!action) {
      return std::nullopt;
    }
    // The first action that names a thread is its own; one without a thread is for all the rest.
    if (text.is_at_end() || text.rest() == ":-1") {
      for (const std::uint32_t hart : debugger_.harts()) {
        actions.emplace(hart, *action);
      }
      continue;
    }
    const auto thread = text.take(":") ? text.number() : std::nullopt;
    const auto hart = thread ? thread_to_hart(*thread) : std::nullopt;
    if (!hart || !text.is_at_end()) {
      return std::nullopt;
    }
    actions.emplace(*hart, *action);
  }
  return packet.is_at_end() && !actions.empty() ? std::optional(actions) : std::nullopt;
}

Answer Session::resume(const ResumeActions& actions) {
  if (const std::optional<StopEvent> event = debugger_.resume(actions)) {
    return {stop_replies(*event)};
  }
  if (is_interrupted_) {
    is_interrupted_ = false;
    return {stop_replies(StopEvent::interrupt())};
  }
  return {{}, Next::kResume};
}

Answer Session::resume_plainly(ResumeAction::Kind kind, Cursor packet) {
  if (!packet.is_at_end()) {
    const auto address = packet.number();
    if (!address || !packet.is_at_end()) {
      return answer::kCannot;
    }
    write_register(hart_, kPcNumber, static_cast<std::uint32_t>(*address));
  }
  ResumeActions actions{{hart_, {kind, 0, 0}}};
  for (const std::uint32_t hart : debugger_.harts()) {
    actions.emplace(hart, ResumeAction{});
  }
  return resume(actions);
}

Answer Session::verbose(Cursor packet) {
  if (packet.rest() == "Cont?") {
    return {{"vCont;c;C;s;S;t;r"}};
  }
  if (packet.take("Run")) {
    return {{}, Next::kRestart};
  }
  if (packet.take("Kill")) {
    end_ = kKilled;
    return {{"OK"}, Next::kKill};
  }
  if (packet.take("Cont")) {
    const std::optional<ResumeActions> actions = end_ ? std::nullopt : parse_actions(packet);
    return actions ? resume(*actions) : answer::kCannot;
  }
  return answer::kUnknown;
}

Answer Session::breakpoint(Cursor packet, bool is_inserted) {
  const auto kind = packet.number();
  const bool has_comma = packet.take(",");
  const auto address = packet.number();
  const bool has_second_comma = packet.take(",");
  const auto bytes = packet.number();
  constexpr std::uint64_t kAddresses = std::uint64_t{1} << 32;
  if (!kind || !has_comma || !address || !has_second_comma || !bytes || *address >= kAddresses ||
      *bytes > kAddresses - *address || *bytes == 0) {
    return answer::kCannot;
  }
  if (*kind >= kNumBreakpointKinds || !packet.is_at_end()) {  // conditions are evaluated by GDB
    return answer::kUnknown;
  }
  const auto what = static_cast<BreakpointKind>(*kind);
  const auto place = static_cast<std::uint32_t>(*address);
  const auto size = static_cast<std::uint32_t>(*bytes);
  if (is_inserted) {
    debugger_.insert(what, place, size);
  } else {
    debugger_.remove(what, place, size);
  }
  return answer::kOk;
}

}  // namespace tessera::debug
