// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "models/isa/interpreter.h"
#include "models/isa/threaded_code.h"

namespace tessera::isa {

/// The threaded loop (execute.cpp) runs what needs no help: arithmetic, branches, aligned accesses
/// to DMI memory. Everything else goes through step() (step.cpp), one instruction at a time, with
/// the hart's state exact; after it the loop looks its code up anew, so an access may change
/// anything, the code page included.
class Interpreter::Impl {
 public:
  Impl(const IsaConfig& config, DmiTable& dmi, HartEnvironment& environment);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  StopReason run(HartState& hart, Cycles budget);
  void limit_run_to(Cycles cycle);
  void invalidate_code(std::uint32_t address, std::uint32_t bytes);
  void watch_pc(std::uint32_t address);
  bool has_code(std::uint32_t address) const {
    return code_.get()[page_number(address)] != nullptr;
  }

  bool stop_requested = false;

 private:
  /// How an instruction outside threaded code ended.
  enum class Outcome { kRetired, kAsleep, kBlocked, kUnsupported };
  struct EffectiveAddress {
    std::uint32_t access;   ///< where the access goes
    std::uint32_t checked;  ///< what must be aligned: with post-increment the new rs1
  };
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  static std::uint32_t page_number(std::uint32_t address) { return address >> DmiTable::kPageBits; }

  // execute.cpp
  /// The threaded loop, from impl->hart_->pc until the run ends. Without `impl` it only gives the
  /// addresses of its handlers, which are known nowhere else.
  static StopReason execute(Impl* impl, const void* const** handlers);
  static const void* const* handlers();

  // interpreter.cpp
  /// Brings hart_->cycle and hart_->instructions up to date.
  void synchronise();
  /// Makes the page of hart_->pc ready for threaded code, or traps.
  void prepare_fetch();
  void forget_page(std::uint32_t number);

  // step.cpp
  /// Executes one instruction; gives the reason if the run ends with it. The budget has been
  /// charged for it and for the rest of its block.
  std::optional<StopReason> step(const CodePage& page, std::size_t index);
  Outcome perform(const Instruction& instruction);
  Outcome perform_load(const Instruction& instruction);
  Outcome perform_store(const Instruction& instruction);
  Outcome perform_atomic(const Instruction& instruction);
  Outcome perform_csr(const Instruction& instruction);
  Outcome perform_system(const Instruction& instruction);
  Outcome trap(GuestErrorKind kind, std::uint32_t address, const std::string& message);
  Outcome trap_misaligned(const Instruction& instruction, std::uint32_t address);
  void retire();
  void write_register(std::uint8_t index, std::uint32_t value);
  std::optional<std::uint32_t> read_csr(std::uint32_t number) const;
  EffectiveAddress effective_address(const Instruction& instruction) const;
  bool store_misaligned(std::uint32_t address, unsigned bytes, std::uint32_t data);
  /// One aligned access, through DMI where there is any; nothing when the answer is pending.
  std::optional<std::uint32_t> access(AccessKind kind, std::uint32_t address, unsigned bytes,
                                      std::uint32_t data);

  const IsaConfig config_;
  DmiTable& dmi_;
  HartEnvironment& environment_;
  Translator translator_;
  std::unordered_map<std::uint32_t, std::unique_ptr<CodePage>> pages_;
  /// Page number -> entry of pages_. calloc: untouched parts cost nothing.
  std::unique_ptr<CodePage*, Free> code_;
  std::unique_ptr<CodePage> partial_block_;

  // The run in progress.
  HartState* hart_ = nullptr;
  Cycles deadline_ = 0;         ///< local time at which the budget is used up
  std::int64_t remaining_ = 0;  ///< cycles until the deadline
  Cycles not_retired_ = 0;      ///< hart_->cycle - hart_->instructions
  std::uint32_t next_pc_ = 0;   ///< of the instruction in step()
  Cycles extra_cycles_ = 0;     ///< of the instruction in step()
};

}  // namespace tessera::isa
