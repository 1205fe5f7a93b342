// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "models/isa/code_cache.h"
#include "models/isa/interpreter.h"
#include "models/isa/memory_operation.h"
#include "models/isa/threaded_code.h"

namespace tessera::isa {

/// The threaded loop (execute.cpp) runs what needs no help: arithmetic, branches, aligned accesses
/// to DMI memory. Everything else goes through step() (step.cpp), one instruction at a time, with
/// the hart's state exact; after it the loop looks its code up anew, so an access may change
/// anything, the code page included.
class Interpreter::Impl {
 public:
  Impl(const IsaConfig& config, DmiTable& dmi, HartEnvironment& environment,
       const Observers& observers);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  StopReason run(HartState& hart, Cycles budget);
  void limit_run_to(Cycles cycle);
  void invalidate_code(std::uint32_t address, std::uint32_t bytes) {
    code_.invalidate(address, bytes);
  }
  void watch_pc(std::uint32_t address, bool is_watched);
  bool is_watched(std::uint32_t address) const { return translator_.is_watched(address); }
  bool has_code(std::uint32_t address) const { return code_.page_of(address) != nullptr; }

  bool stop_requested = false;

 private:
  /// How an instruction outside threaded code ended.
  enum class Outcome { kRetired, kAsleep, kBlocked, kUnsupported };

  // execute.cpp
  /// How the hart probe hears of instructions of threaded code.
  enum class Telling : std::uint8_t {
    kNothing,
    kNoted,  ///< in block_log_
    kEach,   ///< by HartProbe::retired()
  };
  /// The threaded loop, from impl->hart_->pc until the run ends. Without `impl` it only gives the
  /// addresses of its handlers, which are known nowhere else.
  template <Telling telling>
  static StopReason execute(Impl* impl, const void* const** handlers);
  static const void* const* handlers();
  /// What observers hear of a load or store of threaded code besides its result.
  struct DirectAccess {
    InstructionAccess access;
    RegisterWrite increment;
  };
  template <Format format, typename Cell>
  static bool load_fast(const ThreadedOp* op, std::uint32_t* x, const DmiTable::Page* pages,
                        DirectAccess& done);
  template <Format format, typename Cell>
  static bool store_fast(const ThreadedOp* op, std::uint32_t* x, const DmiTable::Page* pages,
                         DirectAccess& done);
  /// Notes what load_fast() or store_fast() has done, as BlockLog wants it.
  template <Format format>
  static void note_load(BlockLog::Cursor& notes, const ThreadedOp* op, const std::uint32_t* x,
                        const DirectAccess& done);
  template <Format format, typename Cell>
  static void note_store(BlockLog::Cursor& notes, const ThreadedOp* op, const DirectAccess& done);
  /// What came of a direct access that somebody is to hear of.
  enum class Told : std::uint8_t {
    kNotDirect,    ///< nothing is done
    kGoesOn,       ///< done
    kInterrupted,  ///< done and retired; who heard of it has changed the run
  };
  /// As load_fast() and store_fast(), and tells the probes, if there are any.
  template <Format format, typename Cell>
  Told load_told(const ThreadedOp* op, const CodePage& page);
  template <Format format, typename Cell>
  Told store_told(const ThreadedOp* op, const CodePage& page);
  /// For load_told() and store_told().
  Told tell(const DirectAccess& done, std::uint32_t result, const CodePage& page,
            std::size_t index);

  // tell.cpp
  /// An instruction that threaded code has executed, when its block is charged and `remaining`
  /// cycles are left.
  RetiredInstruction retired_at(const CodePage& page, std::size_t index,
                                std::int64_t remaining) const;
  void tell_retired(const CodePage& page, std::size_t index, std::int64_t remaining,
                    std::uint32_t next_pc) const;
  void tell_access(const CodePage& page, std::size_t index, std::int64_t remaining,
                   const DirectAccess& done) const;
  /// Begins a run of `count` instructions in block_log_, whatever that takes.
  void begin_noted_run(CodePage& page, std::size_t index, std::uint32_t count);
  /// Makes a block of what stands from `index` to the end of the block there.
  void make_code_block(CodePage& page, std::size_t index);

  // interpreter.cpp
  bool is_observed() const { return kHasObservers && is_observed_; }
  /// Whether each instruction is told to somebody.
  bool is_told() const { return kHasObservers && is_told_; }
  bool is_noted() const { return kHasObservers && block_log_ != nullptr; }
  /// What threaded code accesses directly: nothing where somebody watches memory.
  const DmiTable& direct_pages() const {
    return kHasObservers && observers_.memory() != nullptr ? *no_pages_ : dmi_;
  }
  void look_for_observers();
  /// Decides whether this run is noted.
  void look_for_block_log();
  /// Brings hart_->cycle and hart_->instructions up to date.
  void synchronise();
  /// Makes the page of hart_->pc ready for threaded code, or traps.
  void prepare_fetch();

  // step.cpp
  /// Executes one instruction; gives the reason if the run ends with it. The budget has been
  /// charged for it and for the rest of its block.
  std::optional<StopReason> step(const CodePage& page, std::size_t index);
  /// Tells the environment that a watched instruction comes next; false when the hart must not
  /// execute it: held, moved elsewhere, or with other code.
  bool report_pc();
  Outcome perform(const Instruction& instruction);
  /// perform(), and tells the observers.
  Outcome perform_observed(const Instruction& instruction);
  void report_wfi(const RetiredInstruction& wfi, bool is_asleep) const;
  /// An access through DMI; of others the environment tells.
  void report_direct(const MemoryOperation& operation, std::uint32_t result) const;
  Outcome perform_access(const Instruction& instruction);
  Outcome perform_system(const Instruction& instruction);
  void retire();
  /// Through DMI where there is any; nothing when the answer is pending.
  std::optional<std::uint32_t> access(const MemoryOperation& operation);

  const IsaConfig config_;
  DmiTable& dmi_;
  HartEnvironment& environment_;
  const Observers& observers_;
  Translator translator_;
  CodeCache<CodePage> code_;
  std::unique_ptr<CodePage> partial_block_;

  std::deque<CodeBlock> blocks_;  ///< noted ever: logs refer to them
  std::size_t num_noted_ = 0;     ///< instructions in blocks_

  // The run in progress.
  HartState* hart_ = nullptr;
  Cycles deadline_ = 0;            ///< local time at which the budget is used up
  std::int64_t remaining_ = 0;     ///< cycles until the deadline
  Cycles not_retired_ = 0;         ///< hart_->cycle - hart_->instructions
  bool is_observed_ = false;       ///< somebody watches
  bool is_told_ = false;           ///< somebody watches each instruction
  BlockLog* block_log_ = nullptr;  ///< where instructions are noted; null: they are told, if at all
  std::unique_ptr<DmiTable> no_pages_;
  HartProbe* note_taker_ = nullptr;  ///< whose log that is
  std::uint32_t next_pc_ = 0;        ///< of the instruction in step()
  Cycles extra_cycles_ = 0;          ///< of the instruction in step()
  std::uint32_t loaded_ = 0;         ///< by the access of the instruction in step()
};

}  // namespace tessera::isa
