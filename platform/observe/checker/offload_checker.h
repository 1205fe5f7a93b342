// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/base/address_range.h"
#include "models/base/observers.h"
#include "platform/observe/checker/arenas.h"
#include "platform/observe/checker/device_order.h"
#include "platform/observe/checker/findings.h"
#include "platform/observe/checker/input_moves.h"
#include "platform/observe/checker/launch_registers.h"
#include "platform/observe/checker/poll_loops.h"
#include "platform/observe/checker/result_use.h"
#include "platform/observe/checker/shadow_memory.h"
#include "platform/observe/checker/waits.h"

namespace tessera {

/// Finds accesses of harts, DMA, ITAs and engine to the same bytes whose order the program leaves
/// open (a happens-before race detector with vector clocks), reads of memory that nobody has
/// written, and wake-up pulses that got lost. What makes order: a hart's program order, atomics on
/// one word, a word that somebody polls, a wake-up pulse sent and taken, the launch of an activity,
/// its end seen in a register or by the device's pulse.
class OffloadChecker final : public MemoryProbe, public ActivityProbe, public SyncProbe {
 public:
  struct Setup {
    std::uint32_t num_harts;
    std::vector<AddressRange> memories;  ///< L1 and L2: what is checked
    /// Where a read of what nobody has written is reported.
    std::vector<AddressRange> without_contents;
    /// The same for reads of devices only.
    std::vector<AddressRange> without_contents_for_devices;
    /// Stacks of harts, of which devices know nothing; the DMA may copy from and to them.
    std::vector<AddressRange> stacks;
    /// What the program leaves to others: all of it is to be done when the run ends.
    std::vector<AddressRange> results;
    /// What is loaded for the program to work on.
    struct Input {
      std::uint32_t address;
      std::vector<std::uint8_t> bytes;
    };
    std::vector<Input> inputs;
    std::vector<AddressRange> dumps;  ///< what is written to files after the run
    /// A store here with bit 0 set ends the run, if it comes from `end_hart` or that is kNobody.
    std::optional<std::uint32_t> end_register;
    AgentId end_hart = kNobody;
    std::vector<LaunchRules> launch_rules;
    std::vector<std::uint32_t> arenas;  ///< where their state is: Arenas
    /// Whether a hart must fence its stores before it tells another of them, as firmware/README.md
    /// asks, and not only before it launches a device.
    bool asks_for_fences = false;
    PollLoops poll_loops;
    /// "function (file:line)"; empty: unknown.
    std::function<std::string(std::uint32_t pc)> describe_code;
    /// What lies at an address: "table+0x8"; empty: unknown.
    std::function<std::string(std::uint32_t address)> describe_data;
    /// The calls that led `hart` to `pc`, innermost first; empty: it has gone on, or nobody knows.
    std::function<std::vector<std::uint32_t>(std::uint32_t hart, std::uint32_t pc)> callers;
    /// "main (main.c:71)", several with " < " between.
    std::function<std::string(const std::vector<std::uint32_t>& calls)> describe_calls;
  };
  /// `observers`: of the machine, whose agents are all known; outlives this.
  OffloadChecker(Setup setup, const Observers& observers);

  Probes probes() { return {nullptr, this, this, this}; }
  Findings& findings() { return findings_; }
  const Findings& findings() const { return findings_; }

  void accessed(const MemoryAccess& access) override;
  void launched(const Activity& activity, const Cause& cause, const std::string& text) override;
  void begins(const Activity& activity, const std::string& text, Cycles cycle) override;
  void ends(const Activity& activity, Cycles cycle) override;
  void completion_seen(const Activity& activity, const Cause& reader) override;
  void used_unwritten(const Activity& activity, const std::string& what, Cycles cycle) override;
  void wake_up_sent(std::uint32_t hart, const Cause& cause) override;
  void wake_up_taken(std::uint32_t hart, Cycles cycle) override;
  void fenced(std::uint32_t hart, Cycles cycle) override;

 private:
  /// Pulses a hart can have waiting: WakeUpTokens::kMax of the cluster.
  static constexpr std::size_t kMaxPulses = 7;
  static constexpr std::size_t kMaxEpochs = 16;
  struct Epoch {
    Cycles end = 0;  ///< when the instruction that ended it was issued
    std::uint32_t clock = 0;
  };
  struct Hart {
    VectorClock known;  ///< of its own stores, until its last fence
    std::deque<std::shared_ptr<const VectorClock>> pulses;
    std::shared_ptr<const VectorClock> taken;  ///< the last pulse; null: none
    /// In cycle timing accesses come late: the last epochs, in a ring.
    std::array<Epoch, kMaxEpochs> epochs;
    std::size_t num_epochs = 0;
  };
  /// Who accesses, as shadow memory keeps it, and what he knows.
  struct Accessor {
    ShadowAccess shadow;
    const VectorClock* known = nullptr;
  };

  bool is_hart(AgentId agent) const { return agent < harts_.size(); }
  bool is_part(AgentId agent, AgentId device) const;
  AgentId device_of(AgentId agent);
  VectorClock known_at_launch(const Activity& activity, const Cause& cause) const;
  std::uint32_t epoch_of(AgentId hart, Cycles issued) const;
  /// The hart tells what it knows, of its own stores what it must.
  void tell(AgentId hart, VectorClock& others) const;
  /// What the hart of `access` told with it, and what it has learnt since.
  VectorClock told_with(const ShadowAccess& access);
  void update_common_knowledge();
  /// The hart has told others what it did until the instruction issued in `issued`.
  void end_epoch(AgentId hart, Cycles issued);

  Accessor accessor_of_hart(const MemoryAccess& access) const;
  void hart_accessed(const MemoryAccess& access);
  void device_register_accessed(const MemoryAccess& access);
  void arena_changes(const MemoryAccess& access);
  bool ends_run(const MemoryAccess& access) const;
  void check_end(const MemoryAccess& access);
  void device_accessed(const MemoryAccess& access);
  void device_wrote(const ShadowMemory::Place& place, std::uint32_t address,
                    const ShadowAccess& write, Cycles cycle);
  void take(const ShadowMemory::Place& place, std::uint32_t address, std::uint8_t bytes);
  void take_all(std::uint32_t address, std::uint32_t bytes);
  void settle_move(std::uint64_t transfer);
  bool is_input(std::uint32_t address) const;
  bool is_left_to_others(std::uint32_t address) const;
  bool is_result_of_device(const ShadowAccess& access) const;
  void check_results(const ShadowAccess& end, Cycles cycle);
  /// Words of an input, those of zeros aside, of which nobody has read all.
  struct Unread {
    struct Piece {
      std::uint32_t begin;
      std::uint32_t last;
      std::uint32_t words;
    };
    std::vector<Piece> pieces;
    std::uint32_t words = 0;
    std::uint32_t all_words = 0;  ///< the read ones, too

    void add(std::uint32_t address);
  };
  Unread find_unread(const Setup::Input& input);
  void check_inputs(const ShadowAccess& end, Cycles cycle);
  void synchronise(const MemoryAccess& access, const ShadowAccess& shadow, bool acquires);
  void check_pulse(const ShadowAccess& store, const ShadowAccess& load, std::uint32_t address,
                   Cycles cycle);
  /// Returns whether the word is one now.
  bool make_flag(std::uint32_t address, const ShadowMemory::Place& place);
  void learn_from_race(const ShadowAccess& earlier, const ShadowAccess& later,
                       std::uint32_t address, const ShadowMemory::Place& place);
  void look_at_race(const ShadowAccess& load, std::uint32_t address,
                    const ShadowMemory::Place& place, bool has_looked_before);
  void acquire(AgentId hart, const ShadowAccess& from);
  void check(const ShadowMemory::Place& place, std::uint32_t address, const Accessor& accessor,
             Cycles cycle);
  bool should_be_written(std::uint32_t address, bool by_device) const;
  void check_bounds_of_transfer(const MemoryAccess& access, const Accessor& accessor);
  void check_stacks(const MemoryAccess& access, const ShadowAccess& shadow);

  void report_conflict(std::uint32_t address, const ShadowAccess& earlier,
                       const ShadowAccess& later, Cycles cycle);
  void report_uninitialised(std::uint32_t address, const ShadowAccess& reader, Cycles cycle);
  void report_out_of_bounds(std::uint32_t address, const ShadowAccess& access, Cycles cycle);
  void report_leaves_block(std::uint32_t address, const ShadowAccess& access, Arenas::Range block,
                           Cycles cycle);
  void report_stale_registers(const DeviceOrder::Launch& launch,
                              const LaunchRegisters::Stale& stale);
  void report_unfinished(const DeviceOrder::Launch& launch, const ShadowAccess& end, Cycles cycle);
  void report_unordered_end(std::uint32_t address, const ShadowAccess& write,
                            const ShadowAccess& end, Cycles cycle);
  void report_own_operand(std::uint32_t address, const ShadowAccess& read,
                          const ShadowAccess& write, Cycles cycle);
  void report_unused_result(std::uint32_t address, const ShadowAccess& write,
                            const ShadowAccess& end, Cycles cycle);
  void report_unread_input(std::uint32_t address, std::uint32_t words, const ShadowAccess& end,
                           Cycles cycle);
  void report_lost_pulse(std::uint32_t hart, const Cause& cause);
  void report_early_pulse(std::uint32_t address, const ShadowAccess& store,
                          const ShadowAccess& load, Cycles cycle);
  FindingKind kind_of(const ShadowAccess& earlier, const ShadowAccess& later) const;
  bool is_launched_before(const ShadowAccess& one, const ShadowAccess& other) const;
  std::uint64_t place_of(const ShadowAccess& access) const;
  Party party(const ShadowAccess& access) const;
  std::string describe(const ShadowAccess& access, Cycles now) const;
  std::string describe_now(const ShadowAccess& access, Cycles now) const;
  bool lacks_fence(const ShadowAccess& store, const ShadowAccess& other) const;
  std::string missing_order(const ShadowAccess& earlier, const ShadowAccess& later) const;
  std::string code(std::uint32_t pc, const std::vector<std::uint32_t>& callers = {}) const;
  /// Of the instruction that `hart` executes.
  std::string code_now(AgentId hart, std::uint32_t pc) const;
  std::string launch_place(const DeviceOrder::Launch& launch) const;
  std::string data(std::uint32_t address) const;

  const Setup setup_;
  const Observers& observers_;
  const std::size_t num_agents_;
  std::vector<Hart> harts_;
  /// Of harts, what all harts and devices know, or knew a while ago; of devices, nothing.
  VectorClock common_knowledge_;
  bool has_new_epochs_ = false;  ///< since the last update
  std::size_t checks_until_update_ = 0;
  std::vector<AgentId> devices_;  ///< by agent: the device it is part of; kNobody: not looked up
  DeviceOrder order_;
  ShadowMemory shadow_;
  /// A word of synchronisation.
  struct SyncWord {
    VectorClock known;   ///< by those who have released it
    ShadowAccess store;  ///< the last
    std::uint32_t version = 0;
    std::vector<std::uint32_t> acquired;  ///< version that each hart has
  };
  std::unordered_map<std::uint32_t, SyncWord> words_;  ///< by address / 4
  /// The pulses of one register write share what they carry.
  std::shared_ptr<const VectorClock> last_pulse_;
  Cause last_sender_;
  Waits waits_;
  LaunchRegisters launch_registers_;
  ShadowMemory shadow_registers_;
  Arenas arenas_;
  /// Of each transfer under way, the blocks it reads and writes: by its number times 2, plus 1.
  std::map<std::uint64_t, std::optional<Arenas::Range>> transfer_blocks_;
  ResultUse result_use_;
  InputMoves input_moves_;
  Findings findings_;
};

}  // namespace tessera
