// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "models/base/block_log.h"
#include "models/base/dmi_table.h"
#include "models/isa/instruction.h"

namespace tessera::isa {

/// Where an in-page branch or jump goes.
struct BranchTarget {
  std::int16_t delta;    ///< in ThreadedOps, from the branch
  std::uint16_t length;  ///< of the block there
};

/// An instruction as the interpreter runs it: the address of the code that executes it, and
/// operands in the form that code wants. 16 bytes, four to a cache line.
struct ThreadedOp {
  struct Registers {
    std::uint8_t rs2;
    std::uint8_t rs3;
  };
  const void* handler;
  union {
    std::int32_t imm;
    BranchTarget target;  ///< branches, jal
  };
  std::uint8_t rd;  ///< x0 is replaced by HartState::kSink; branches: second source
  std::uint8_t rs1;
  union {
    Registers registers;
    std::uint16_t fall_length;  ///< branches: length of the block behind
    std::uint16_t link;         ///< jal, jalr: return address, relative to the page
  };
};
static_assert(sizeof(ThreadedOp) == 16);

/// Handlers that are no single instruction's own. They follow the instructions' handlers, which are
/// numbered by Op.
enum class SpecialHandler : std::uint16_t {
  kSlow = static_cast<std::uint16_t>(Op::kCount),  ///< leave threaded code for one instruction
  kNop,
  kLoadImmediate,  ///< lui, auipc, addi from x0
  kJump,           ///< jal without link
  kAddToSp,        ///< addi to sp: checks the stack limit
  kFarJump,        ///< to the address in imm; no instruction
  kStop,           ///< end of the budget; no instruction
  kTranslate,      ///< not translated yet; no instruction
  kCount
};
constexpr std::size_t kNumHandlers = static_cast<std::size_t>(SpecialHandler::kCount);

/// The decoded instructions of one 4 KiB page. Instructions are translated when control first
/// reaches them, with all that is reachable from there inside the page.
///
/// A block is a straight run of instructions up to and including a branch, a jump, an instruction
/// that always traps, or the page's last. The budget is charged for a whole block on entry.
struct CodePage {
  static constexpr std::size_t kInstructions = DmiTable::kPageBytes / 4;
  static constexpr std::size_t kPageEnd = kInstructions;  ///< far jump to the next page
  static constexpr std::size_t kFirstStub = kInstructions + 1;

  CodePage(std::uint32_t base_address, const std::uint8_t* code)
      : base(base_address), bytes(code) {}
  /// Whether any of the instructions [first, end) is decoded.
  bool has_code(std::size_t first, std::size_t end) const {
    for (std::size_t i = first; i < end; ++i) {
      if (lengths[i] != 0) {
        return true;
      }
    }
    return false;
  }
  std::uint32_t address_of(std::size_t index) const {
    return base + static_cast<std::uint32_t>(index) * 4;
  }
  /// Where a branch or jump to the op at `index` leads: also through a far jump.
  std::uint32_t target_address(std::size_t index) const {
    return index < kInstructions ? address_of(index) : static_cast<std::uint32_t>(ops[index].imm);
  }

  std::uint32_t base;
  const std::uint8_t* bytes;  ///< the guest memory behind it
  std::size_t num_stubs = 0;  ///< far jumps for branches that leave the page
  std::array<ThreadedOp, kFirstStub + kInstructions> ops{};
  /// Numbers of the ops' handlers, for a loop with handlers of its own.
  std::array<std::uint16_t, kFirstStub + kInstructions> handlers{};
  /// Instructions from here to the end of the block, inclusive; 0 = not translated.
  std::array<std::uint16_t, kInstructions + 1> lengths{};
  std::array<Instruction, kInstructions> instructions;
  /// What each op is noted as part of; null: it has not been noted yet, or is no instruction.
  std::array<const CodeBlock*, kFirstStub + kInstructions> blocks{};
};

/// Makes threaded code out of instruction words.
class Translator {
 public:
  /// `handlers` is indexed by Op and SpecialHandler.
  Translator(const IsaConfig& config, const void* const* handlers)
      : config_(config), handlers_(handlers) {}

  /// Whether the instruction at `address` leaves threaded code, in pages translated from now on.
  void watch_pc(std::uint32_t address, bool is_watched) {
    if (is_watched) {
      watched_.insert(address);
    } else {
      watched_.erase(address);
    }
  }
  bool is_watched(std::uint32_t address) const { return watched_.count(address) != 0; }
  /// An empty page: every instruction is kTranslate.
  void clear(CodePage& page) const;
  /// Translates what is reachable from `index`, which is not translated.
  void translate(CodePage& page, std::size_t index);
  /// Copies the `count` instructions from `index` on into `partial`, and a stop behind them.
  /// REQUIRES: count < page.lengths[index].
  void make_partial_block(const CodePage& page, std::size_t index, std::size_t count,
                          CodePage& partial) const;

 private:
  void decode_block(CodePage& page, std::size_t index);
  void push_successors(const CodePage& page, std::size_t index);
  void emit(CodePage& page, std::size_t index) const;
  void emit_operands(const Instruction& instruction, ThreadedOp& op) const;
  void emit_branch(CodePage& page, std::size_t index, ThreadedOp& op) const;
  BranchTarget target_of(CodePage& page, std::size_t index) const;
  std::size_t handler_of(const Instruction& instruction) const;
  void set_handler(CodePage& page, std::size_t index, std::size_t handler) const {
    page.ops[index].handler = handlers_[handler];
    page.handlers[index] = static_cast<std::uint16_t>(handler);
  }
  void set_handler(CodePage& page, std::size_t index, SpecialHandler handler) const {
    set_handler(page, index, static_cast<std::size_t>(handler));
  }

  const IsaConfig config_;
  const void* const* const handlers_;
  std::set<std::uint32_t> watched_;
  std::vector<std::size_t> pending_;  ///< block starts still to decode
  std::vector<std::size_t> decoded_;  ///< instructions decoded but not yet emitted
};

}  // namespace tessera::isa
