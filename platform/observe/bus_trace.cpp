// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/bus_trace.h"

#include <fmt/format.h>

namespace tessera {

namespace {

constexpr std::size_t kBufferBytes = 1 << 16;

const char* name_of(AccessKind kind) {
  switch (kind) {
    case AccessKind::kLoad:
      return "read";
    case AccessKind::kStore:
      return "write";
    case AccessKind::kLoadReserved:
      return "lr";
    case AccessKind::kStoreConditional:
      return "sc";
    case AccessKind::kAmoSwap:
      return "amoswap";
    case AccessKind::kAmoAdd:
      return "amoadd";
    case AccessKind::kAmoXor:
      return "amoxor";
    case AccessKind::kAmoAnd:
      return "amoand";
    case AccessKind::kAmoOr:
      return "amoor";
    case AccessKind::kAmoMin:
      return "amomin";
    case AccessKind::kAmoMax:
      return "amomax";
    case AccessKind::kAmoMinu:
      return "amominu";
    case AccessKind::kAmoMaxu:
      break;
  }
  return "amomaxu";
}

}  // namespace

BusTrace::BusTrace(const std::string& path, const TraceWindow& window, const Observers& observers,
                   const L1Layout& l1)
    : Trace(window, observers),
      file_(path),
      l1_(l1),
      buffer_("cycle,agent,operation,address,bytes,wait,activity,bank,pc\n") {}

void BusTrace::accessed(const MemoryAccess& access) {
  if (!filter_.shows(access.cycle) || !filter_.shows_agent(access.agent)) {
    return;
  }
  const std::string& name = filter_.observers().agent_name(access.agent);
  const bool is_hart = name.find(".core[") != std::string::npos;
  const auto out = std::back_inserter(buffer_);
  fmt::format_to(out, "{},{},{},{:#010x},{},", access.cycle, name, name_of(access.kind),
                 access.address, access.bytes);
  if (is_hart) {
    fmt::format_to(out, "{},,", access.cycle - access.issued);
  } else {
    fmt::format_to(out, ",{},", access.activity);
  }
  if (access.address < l1_.size_bytes()) {
    const BankLocation place = l1_.locate_core(access.address);
    fmt::format_to(out, "{}", place.tile * l1_.banks_per_tile() + place.bank);
  }
  if (is_hart) {
    fmt::format_to(out, ",{:#010x}\n", access.pc);
  } else {
    buffer_ += ",\n";
  }
  if (buffer_.size() >= kBufferBytes) {
    file_.write(buffer_);
    buffer_.clear();
  }
}

void BusTrace::finish(Cycles /*cycle*/) {
  file_.write(buffer_);
  file_.close();
}

}  // namespace tessera
