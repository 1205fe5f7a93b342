// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <vector>

#include "models/base/dmi_table.h"
#include "models/base/memory_port.h"
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
  /// HartEnvironment::pc_reached() is called when an instruction at `address` is about to issue.
  void watch_pc(std::uint32_t address);

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
  struct Pipeline {
    const TimedInstruction* code = nullptr;  ///< of the page at code_base; null: to be looked up
    std::uint32_t code_base = 0;
    std::uint32_t busy = 0;  ///< scoreboard: registers that wait for a load or an offloaded result

    // Responses of this cycle take effect at its end.
    std::uint32_t returned = 0;  ///< registers
    std::uint32_t freed_ids = 0;
    std::uint32_t free_ids = 0;
    bool is_load_returned = false;  ///< takes a write port
    Cycles response_cycle = kNever;

    StallReason stall = StallReason::kFetch;  ///< of the latest stalled cycle
    bool is_asleep = false;
    bool is_fetched = false;      ///< the instruction at pc, which stalled
    bool is_pc_reported = false;    ///< of a watched instruction that stalls
    bool is_idle = false;           ///< not visited until something happens to it
    bool has_pulse = false;         ///< a wake-up pulse is here in this cycle
    bool is_front_waiting = false;  ///< the request in the front register has no id yet
    MemoryPort* port = nullptr;     ///< may still hold the latest request; null: does not
    Cycles idle_since = 0;          ///< first cycle not booked
    OffloadUnit offload;
  };
  /// Something that happens to a hart.
  struct Event {
    Cycles cycle;
    std::uint32_t hart;
  };
  using Events = std::deque<Event>;  ///< earliest first

  // cycle_harts.cpp
  void forget_code();
  static void insert(Events& events, Event event);
  void step_hart(std::uint32_t hart, Cycles cycle);
  void write_back(std::uint32_t hart, Pipeline& pipeline, Cycles cycle);
  static void settle(Pipeline& pipeline);
  void present_front(std::uint32_t hart, Pipeline& pipeline);
  /// Whether visits would change nothing until a response, a pulse or the cache wakes the hart.
  bool is_waiting(std::uint32_t hart, const Pipeline& pipeline) const;
  bool is_waiting_to_issue(std::uint32_t hart, const Pipeline& pipeline) const;
  /// The state of an idle hart changed in `cycle`.
  void reconsider(std::uint32_t hart, Cycles cycle);
  void book_idle(std::uint32_t hart, Cycles cycle);
  void take_over(std::uint32_t hart, Cycles cycle);
  void start_harts(Cycles cycle);
  void wake_fetchers(Cycles cycle);
  void mark_pulses(Cycles cycle);
  void take_pulses(Cycles cycle);
  void take_pulse(std::uint32_t hart, Cycles cycle);

  // cycle_harts_issue.cpp
  Issue issue(std::uint32_t hart, Pipeline& pipeline, Cycles cycle, bool can_offload);
  Issue issue_fetched(std::uint32_t hart, Pipeline& pipeline, const TimedInstruction& instruction,
                      Cycles cycle, bool can_offload);
  Issue issue_watched(std::uint32_t hart, Pipeline& pipeline, Cycles cycle, bool can_offload);
  Issue issue_jump(HartState& state, const TimedInstruction& instruction, Cycles cycle);
  Issue issue_offload(HartState& state, Pipeline& pipeline, const TimedInstruction& instruction);
  Issue issue_access(std::uint32_t hart, Pipeline& pipeline, const TimedInstruction& instruction,
                     Cycles cycle);
  /// Makes a misaligned access whose sum is aligned what the hardware makes of it.
  void skew(MemoryRequest& request, const Pipeline& pipeline, const HartState& state);
  Issue issue_other(std::uint32_t hart, Pipeline& pipeline, Cycles cycle);
  Issue issue_wfi(std::uint32_t hart, Pipeline& pipeline);
  Issue trap(HartState& state);
  Issue stall(HartState& state, Pipeline& pipeline, StallReason reason);
  bool find_code(HartState& state, Pipeline& pipeline);

  const CycleHartsParameters parameters_;
  const CycleHartsServices services_;
  std::vector<HartState>& harts_;
  isa::CodeCache<TimedPage> code_;
  std::vector<Pipeline> pipelines_;
  std::vector<MemoryRequest> fronts_;  ///< by hart: the load/store unit's front register
  std::uint32_t all_ids_;
  bool is_held_ = false;
  std::set<std::uint32_t> watched_;

  HartSet active_;     ///< visited in every cycle
  HartSet activated_;  ///< from the next cycle on
  Events pulses_;      ///< wake-up pulses under way
  Events starts_;      ///< of harts whose local time lies ahead
};

}  // namespace tessera
