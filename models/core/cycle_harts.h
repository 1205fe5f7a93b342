// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "models/base/dmi_table.h"
#include "models/base/memory_port.h"
#include "models/base/observers.h"
#include "models/base/stat.h"
#include "models/base/steppable.h"
#include "models/core/hart_set.h"
#include "models/core/instruction_caches.h"
#include "models/core/offload_unit.h"
#include "models/core/timed_code.h"
#include "models/isa/code_cache.h"
#include "models/isa/hart_environment.h"
#include "models/isa/hart_state.h"
#include "models/isa/isa_config.h"

namespace tessera {

struct CycleHartsParameters {
  std::uint32_t l1_bytes = 1u << 20;  ///< accesses below go to the L1, all others to the SoC
  /// Loads and stores under way per hart, 1..32. Source: NumIntOutstandingLoads, snitch_pkg.sv.
  std::uint32_t max_outstanding = 8;
  isa::IsaConfig isa{};
};

/// What the harts need from their surroundings; all of it outlives them.
struct CycleHartsServices {
  MemoryPort& l1;
  MemoryPort& soc;
  InstructionCaches& caches;
  DmiTable& dmi;  ///< where code is fetched from
  isa::HartEnvironment& environment;
  const Observers& observers = Observers::none();
};

/// All harts in cycle timing, cycle-true to snitch.sv and snitch_lsu.sv, over the HartStates that
/// functional timing uses, too. Part 5 of CycleLoop.
/// Timing: the page of this folder lists every latency with its source.
/// Statistics are the HartStates' own: in every cycle a hart that has not ended retires an
/// instruction, is asleep, or is stalled for one StallReason; synchronise() brings them up to date.
class CycleHarts final : public Steppable, public MemoryClient {
 public:
  /// No hart runs until resume_at(). `stats` gets the totals over all harts.
  CycleHarts(const CycleHartsParameters& parameters, std::vector<HartState>& harts,
             const CycleHartsServices& services, StatGroup& stats);

  // Change of timing mode. Take over: resume_at(). Give back: hold(true), step until is_drained(),
  // suspend_at().

  /// Takes the harts over in `cycle`, which is stepped next; one whose local time lies ahead starts
  /// when the loop reaches it. Enables issue. REQUIRES: is_drained(), no hart kBlocked.
  void resume_at(Cycles cycle);
  /// While held, harts issue nothing more; what is under way comes to its end.
  void hold(bool is_held);
  /// Nothing is under way: accesses, offloaded operations, wake-up pulses.
  bool is_drained() const;
  /// Gives the harts back: local time of all is `cycle`, the next one not stepped, or later.
  /// REQUIRES: is_drained().
  void suspend_at(Cycles cycle);
  /// Books the cycles before `cycle`, the next one not stepped, in the HartStates.
  void synchronise(Cycles cycle);

  /// A wake-up pulse that reaches the hart in `cycle`, not before the one being stepped: a sleeping
  /// hart can issue in the next. Source: the core side of the flop `wake_up_q` in mempool_tile.sv.
  void wake_up(std::uint32_t hart, Cycles cycle);
  /// `hart` takes no further part from `cycle`, the next one to be stepped, on.
  void end_hart(std::uint32_t hart, Cycles cycle);

  /// Bytes [address, address + bytes) changed.
  void invalidate_code(std::uint32_t address, std::uint32_t bytes);
  /// True when the page holds decoded code (its stores must go through invalidate_code()).
  bool has_code(std::uint32_t address) const { return code_.page_of(address) != nullptr; }
  /// Whether HartEnvironment::pc_reached() is called when an instruction at `address` issues, just
  /// before it does.
  void watch_pc(std::uint32_t address, bool is_watched);
  /// Whether it is called before each instruction of `hart`.
  void step_hart(std::uint32_t hart, bool is_stepped);
  /// A held hart issues nothing.
  void hold_hart(std::uint32_t hart, bool is_held, Cycles cycle);
  /// Nothing while a load has yet to bring the value.
  std::optional<std::uint32_t> register_value(std::uint32_t hart, std::uint32_t index) const;
  bool is_register_busy(std::uint32_t hart, std::uint32_t index) const {
    return (pipelines_[hart].busy_next() >> index & 1) != 0;
  }

  Cycles next_active_cycle(Cycles from) const override;
  void step(Cycles cycle) override;
  bool is_response_port_free(std::uint32_t hart, Cycles cycle) const override {
    return pipelines_[hart].response_cycle != cycle;
  }
  void response(std::uint32_t hart, std::uint32_t tag, std::uint32_t data, Cycles cycle) override;

 private:
  /// What a cycle of an awake hart came to.
  enum class Issue : std::uint8_t {
    kIssued,
    kIssuedToPort0,  ///< and it uses write port 0 of the register file
    kStalled,
  };

  /// The microarchitectural state of one hart.
  struct alignas(64) Pipeline {
    const TimedInstruction* code = nullptr;  ///< of the page at code_base; null: to be looked up
    std::uint32_t code_base = 0;
    std::uint32_t busy = 0;  ///< scoreboard: registers that wait for a load or an offloaded result
    std::uint32_t free_ids = 0;
    // What a response brought takes effect at the end of its cycle; of idle harts, later.
    std::uint32_t freed_ids = 0;
    std::uint32_t returned = 0;  ///< register of a load, x0 included: it takes a write port

    StallReason stall = StallReason::kFetch;  ///< of the latest stalled cycle
    bool is_asleep = false;
    bool is_fetched = false;        ///< the instruction at pc, which stalled
    bool is_idle = false;           ///< not visited until something happens to it
    bool has_pulse = false;         ///< a wake-up pulse is here in this cycle
    bool is_front_waiting = false;  ///< the request in the front register has no id yet
    MemoryPort* port = nullptr;     ///< may still hold the latest request; null: does not
    Cycles idle_since = 0;          ///< first cycle not booked
    Cycles response_cycle = kNever;
    /// HartState::instructions when pc_reached() was last called.
    std::uint64_t reported_at = ~std::uint64_t{0};
    OffloadUnit offload;

    std::uint32_t busy_next() const { return busy & ~returned; }
    std::uint32_t free_ids_next() const { return free_ids | freed_ids; }
  };
  /// Something that happens to a hart.
  struct Event {
    Cycles cycle;
    std::uint32_t hart;
  };
  using Events = std::deque<Event>;  ///< earliest first

  // cycle_harts.cpp
  static void insert(Events& events, Event event);
  void reset(Pipeline& pipeline) const;
  void take_over(std::uint32_t hart, Cycles cycle);
  void forget_code();
  void release(std::uint32_t hart, Cycles cycle);
  void update_attended() { is_attended_ = is_held_ || !held_.is_empty() || !stepped_.is_empty(); }
  /// Whether visits would change nothing until a response, a pulse or the cache wakes the hart.
  bool is_waiting(std::uint32_t hart, const Pipeline& pipeline) const;
  bool is_waiting_to_issue(std::uint32_t hart, const Pipeline& pipeline) const;
  /// The state of an idle hart changed in `cycle`.
  void reconsider(std::uint32_t hart, Cycles cycle);
  void book_idle(std::uint32_t hart, Cycles cycle);
  /// An idle hart is visited in this very cycle.
  void activate(std::uint32_t hart, Cycles cycle);
  void start_harts(Cycles cycle);
  void wake_fetchers(Cycles cycle);
  void mark_pulses(Cycles cycle);
  void take_pulses(Cycles cycle);
  void take_pulse(std::uint32_t hart, Cycles cycle);

  /// The instruction about to issue and where it does.
  struct Slot {
    std::uint32_t hart;
    HartState& state;
    Pipeline& pipeline;
    Cycles cycle;
    bool can_offload;  ///< the request register was not full at the start of the cycle
  };

  [[gnu::always_inline]] static Issue stall(const Slot& slot, StallReason reason) {
    ++slot.state.stalled(reason);
    slot.pipeline.stall = reason;
    return Issue::kStalled;
  }
  [[gnu::always_inline]] static Issue retire(const Slot& slot) {
    slot.state.pc += 4;
    ++slot.state.instructions;
    return Issue::kIssued;
  }
  static void settle(Pipeline& pipeline) {
    pipeline.busy &= ~pipeline.returned;
    pipeline.free_ids |= pipeline.freed_ids;
    pipeline.returned = 0;
    pipeline.freed_ids = 0;
  }

  // cycle_harts_step.cpp
  template <bool kIsObserved>
  void step_harts(Cycles cycle);
  template <bool kIsObserved>
  void step_hart(std::uint32_t hart, Cycles cycle);
  void write_back(HartState& state, Pipeline& pipeline, Cycles cycle);
  void write(HartState& state, std::uint8_t rd, std::uint32_t value, Cycles cycle);
  void present(MemoryRequest& request, Pipeline& pipeline);
  Issue issue(const Slot& slot);
  template <bool kIsStepped>
  Issue issue_next(const Slot& slot);
  /// Of a hart while some are held or stepped.
  Issue issue_attended(Slot slot);
  Issue issue_fetched(const Slot& slot, const TimedInstruction& instruction);
  template <isa::Op kOp, isa::InstructionClass kClass>
  Issue complete(const Slot& slot, const TimedInstruction& instruction, std::uint32_t value);
  Issue jump(const Slot& slot, const TimedInstruction& instruction, std::uint32_t target);
  bool is_front_occupied(std::uint32_t hart, const Pipeline& pipeline) const;
  Issue issue_access(const Slot& slot, const TimedInstruction& instruction);
  /// Nothing stalls the instruction in this cycle.
  bool can_issue(const Slot& slot, const TimedInstruction& instruction) const;
  /// issue_fetched() for those outside the hot loop.
  Issue issue_again(Slot slot, const TimedInstruction& instruction);

  // cycle_harts_observed.cpp
  /// Keeps what the next instruction may overwrite.
  void look(const Slot& slot);
  /// Tells what became of it. REQUIRES: look() before issue().
  void report(const Slot& slot, Issue outcome) const;
  void report_retired(const Slot& slot) const;
  /// The hart is past a wfi in `cycle`.
  void report_wake_up_taken(std::uint32_t hart, Cycles cycle) const;
  void report_stall(std::uint32_t hart, StallReason reason, Cycles cycle, Cycles cycles) const;

  // cycle_harts_rare.cpp
  Issue issue_other(Slot slot, const TimedInstruction& instruction);
  Issue issue_watched(Slot slot);
  Issue issue_fence(Slot slot);
  Issue issue_wfi(Slot slot);
  Issue trap(Slot slot);
  Issue trap_misaligned(Slot slot, std::uint32_t address);
  bool find_code(Slot slot);
  /// Makes a misaligned access whose sum is aligned what the hardware makes of it.
  void skew(MemoryRequest& request, Slot slot);
  const isa::Instruction& decoded(const Slot& slot) const;
  void decode(const Slot& slot);

  const CycleHartsParameters parameters_;
  const CycleHartsServices services_;
  std::vector<HartState>& harts_;
  isa::CodeCache<TimedPage> code_;
  std::vector<Pipeline> pipelines_;
  std::vector<MemoryRequest> fronts_;  ///< by hart: the request that waits for an id
  std::uint32_t all_ids_;
  bool is_held_ = false;  ///< all harts
  HartSet held_;          ///< some
  HartSet stepped_;
  bool is_attended_ = false;  ///< any of these
  HartState before_;          ///< when observed: of the hart about to issue
  std::set<std::uint32_t> watched_;

  HartSet active_;     ///< visited in every cycle
  HartSet activated_;  ///< from the next cycle on
  Events pulses_;      ///< wake-up pulses under way
  Events starts_;      ///< of harts whose local time lies ahead
};

}  // namespace tessera
