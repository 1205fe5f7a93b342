// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/bus_trace.h"

namespace tessera {

namespace {

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
    : Trace(window, observers), file_(BusTraceFile::make(path)), l1_(l1) {}

void BusTrace::accessed(const MemoryAccess& access) {
  if (!filter_.shows(access.cycle) || !filter_.shows_agent(access.agent)) {
    return;
  }
  const std::string& name = filter_.observers().agent_name(access.agent);
  BusTraceRow row{access.cycle, name, name_of(access.kind), access.address, access.bytes, {}, {},
                  {},           {}};
  if (name.find(".core[") != std::string::npos) {
    row.wait = access.cycle - access.issued;
    row.pc = access.pc;
  } else {
    row.activity = access.activity;
  }
  if (access.address < l1_.size_bytes()) {
    const BankLocation place = l1_.locate_core(access.address);
    row.bank = place.tile * l1_.banks_per_tile() + place.bank;
  }
  file_->write(row);
}

void BusTrace::finish(Cycles /*cycle*/) {
  file_->close();
}

}  // namespace tessera
