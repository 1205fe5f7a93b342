// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "models/base/block_log.h"
#include "models/base/guest_error.h"
#include "models/base/hart_access.h"
#include "models/base/stall_reason.h"
#include "models/base/units.h"

// What can be seen of a running machine. Models call these interfaces; who implements them (traces,
// profiles, checkers, the debugger) is unknown to the models and must change nothing: an observed
// run has the cycles and the bytes of a free one.
//
// Calls come from inside the simulation, in an order that repeats: of one hart in program order, of
// one memory in the order in which it performs accesses. In functional timing harts take turns, and
// one may be up to a quantum ahead of another: then only orders that hold in both timings count
// (per hart, per memory, wake-up before what it wakes).

namespace tessera {

/// Who acts: harts by their ids, then devices, numbered as the machine is built.
/// Observers::agent_name() tells the hierarchical name.
using AgentId = std::uint32_t;
constexpr AgentId kNobody = kNoHart;

/// What a device did because somebody accessed its registers: who, where and when.
struct Cause {
  AgentId agent = kNobody;
  std::uint32_t pc = 0;  ///< of a hart
  Cycles cycle = 0;
};

/// A write to register `index`; 0: there is none.
struct RegisterWrite {
  std::uint8_t index = 0;
  std::uint32_t value = 0;
};

/// The data access of an instruction, as the load/store unit asks for it.
struct InstructionAccess {
  AccessKind kind = AccessKind::kLoad;
  std::uint8_t bytes = 0;  ///< 1, 2, 4; 0: the instruction accesses no memory
  std::uint32_t address = 0;
  std::uint32_t data = 0;  ///< of a store, AMO or store-conditional: the operand, zero-extended
  std::uint16_t id = 0;    ///< cycle timing: of a hart's accesses under way each has its own
};

struct RetiredInstruction {
  std::uint32_t hart = 0;
  std::uint32_t pc = 0;
  std::uint32_t raw = 0;      ///< the instruction word
  std::uint32_t next_pc = 0;  ///< where the hart goes on
  Cycles cycle = 0;           ///< of issue
  RegisterWrite result;       ///< rd; the value also of an atomic to x0
  /// Cycle timing: result.value is not known yet and comes with load_returned().
  bool is_result_pending = false;
  RegisterWrite increment;  ///< post-increment forms: the address register
  InstructionAccess access;
  bool writes_csr = false;
  std::uint16_t csr = 0;
  std::uint32_t csr_value = 0;  ///< written to it
};

/// What harts do.
class HartProbe {
 public:
  virtual ~HartProbe() = default;
  /// Functional timing: whether it wants to be told of `hart` in [begin, end), which is asked
  /// before each of the hart's turns. Otherwise retired() and trapped() need not come, and the hart
  /// runs as fast as a free one; fell_asleep() and woke_up() always come.
  virtual bool watches(std::uint32_t /*hart*/, Cycles /*begin*/, Cycles /*end*/) { return true; }
  /// Functional timing, asked like watches(): where to note all that `hart` retires in [begin,
  /// end), which costs little; null: nowhere. Then retired() need only come for what is not noted,
  /// when the log holds all that came before. In any call of this interface the log may be emptied
  /// or written to.
  virtual BlockLog* block_log(std::uint32_t /*hart*/, Cycles /*begin*/, Cycles /*end*/) {
    return nullptr;
  }
  /// The block log of `hart` lacks room, and has some for a whole page of code when this returns.
  virtual void block_log_is_full(std::uint32_t /*hart*/) {}
  /// The hart has issued the instruction and goes on. Not called for one that traps.
  virtual void retired(const RetiredInstruction& instruction) = 0;
  /// Cycle timing: the result of the load or atomic whose access has this id is here.
  virtual void load_returned(std::uint32_t /*hart*/, std::uint16_t /*access_id*/,
                             std::uint32_t /*value*/, Cycles /*cycle*/) {}
  /// Cycle timing: the hart, at `pc`, did not issue in [cycle, cycle + cycles). Comes at the end of
  /// that time, pieces of one stall one after the other.
  virtual void stalled(std::uint32_t /*hart*/, std::uint32_t /*pc*/, StallReason /*reason*/,
                       Cycles /*cycle*/, Cycles /*cycles*/) {}
  /// A wfi at `pc` found no wake-up pulse (it has retired); the hart sleeps from `cycle` on.
  virtual void fell_asleep(std::uint32_t /*hart*/, std::uint32_t /*pc*/, Cycles /*cycle*/) {}
  /// It is awake from `cycle` on.
  virtual void woke_up(std::uint32_t /*hart*/, Cycles /*cycle*/) {}
  /// The instruction at `pc` trapped; the hart goes on at `next_pc`.
  virtual void trapped(std::uint32_t /*hart*/, std::uint32_t /*pc*/, std::uint32_t /*next_pc*/,
                       Cycles /*cycle*/) {}
};

/// A data access as a memory or device performs it. For harts in cycle timing that is later than
/// the issue, and the order among harts is that of the memory.
struct MemoryAccess {
  AgentId agent = kNobody;
  std::uint32_t pc = 0;        ///< of a hart
  std::uint64_t activity = 0;  ///< of a device: number of the Activity it belongs to
  AccessKind kind = AccessKind::kLoad;
  std::uint32_t address = 0;  ///< as harts address it, also for masters with another map
  std::uint32_t bytes = 0;
  std::uint32_t data = 0;    ///< of a hart: stored, AMO operand
  std::uint32_t result = 0;  ///< of a hart: loaded, old value of an AMO, 0 for an SC that succeeds
  Cycles issued = 0;         ///< of a hart, on L1: when the instruction issued
  Cycles cycle = 0;          ///< when it is performed
  std::uint32_t gap = 0;     ///< of a device that reads rows: bytes behind this one, up to the next

  bool writes() const { return kind != AccessKind::kLoad && kind != AccessKind::kLoadReserved; }
  bool reads() const { return kind != AccessKind::kStore; }
};

/// The access of a hart, performed in `cycle`.
inline MemoryAccess as_observed(const HartAccess& access, std::uint32_t result, Cycles cycle) {
  return {access.hart,  access.pc,   0,      access.kind,  access.address,
          access.bytes, access.data, result, access.cycle, cycle};
}

/// All data accesses: by harts, DMA, accelerators, external masters, and what the loader or a
/// debugger writes; to L1, L2, devices and external models. Not instruction fetch. In functional
/// timing an access comes before retired() of its instruction, in cycle timing behind it.
class MemoryProbe {
 public:
  virtual ~MemoryProbe() = default;
  virtual void accessed(const MemoryAccess& access) = 0;
};

/// Something with a beginning and an end that a device does: "transfer", "job", "phase",
/// "descriptor", ... Numbers count up per device and kind, from 0, in the order of launches.
struct Activity {
  AgentId agent = kNobody;
  const char* kind = "";  ///< a string that lives as long as the program
  std::uint64_t number = 0;
};

/// What devices do. Of each activity: launched() (asked for; may have to wait), begins(), ends().
/// Parts of another activity (the phases of a job) have no launch of their own.
class ActivityProbe {
 public:
  virtual ~ActivityProbe() = default;
  /// `text`: what exactly, for a reader ("4096 bytes from 0x80001000 to 0x00000400").
  virtual void launched(const Activity& /*activity*/, const Cause& /*cause*/,
                        const std::string& /*text*/) {}
  /// `text`: of one that was not launched.
  virtual void begins(const Activity& activity, const std::string& text, Cycles cycle) = 0;
  /// Everything that it writes has been written.
  virtual void ends(const Activity& activity, Cycles cycle) = 0;
  /// A hart's register read told it that `activity`, and those of its device and kind with smaller
  /// numbers, have ended.
  virtual void completion_seen(const Activity& /*activity*/, const Cause& /*reader*/) {}
  /// What `activity` writes to memory depends on state of its device that nobody has set: `what`,
  /// as a reader knows it ("acc_vrf, entry 3").
  virtual void used_unwritten(const Activity& /*activity*/, const std::string& /*what*/,
                              Cycles /*cycle*/) {}
  /// A number of the device changed: launches that wait, bank conflicts so far, ...
  virtual void counted(AgentId /*agent*/, const char* /*counter*/, std::uint64_t /*value*/,
                       Cycles /*cycle*/) {}
};

/// What orders the accesses of different agents, besides atomics and completion_seen().
class SyncProbe {
 public:
  virtual ~SyncProbe() = default;
  /// A wake-up pulse leaves for `hart`: sent by a hart's write to the control registers, or by a
  /// device (`cause.agent` is the device).
  virtual void wake_up_sent(std::uint32_t hart, const Cause& cause) = 0;
  /// `hart` is past a wfi, thanks to the earliest pulse that it has not taken yet (they are counted
  /// up to 7; the eighth clears the counter, a GuestErrorKind::kMissedWakeUp).
  virtual void wake_up_taken(std::uint32_t hart, Cycles cycle) = 0;
  /// A fence retired: in cycle timing all earlier accesses of the hart have been answered.
  virtual void fenced(std::uint32_t /*hart*/, Cycles /*cycle*/) {}
};

}  // namespace tessera
