// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/attention_engine/cycle/chain.h"
#include "models/attention_engine/cycle/instruction.h"
#include "models/attention_engine/cycle/scoreboard.h"
#include "models/attention_engine/engine_parameters.h"
#include "models/attention_engine/error_code.h"

namespace tessera::attention_engine {

/// Puts instructions together to chains, checks them against the engine's sizes and finds out what
/// each chain waits for.
/// Errors: take() returns kError and error() says why; the chain under way is dropped.
class ChainDecoder {
 public:
  enum class Outcome : std::uint8_t { kMore, kChain, kWalk, kFence, kInterrupt, kError };
  /// Latched by the first error. Source: ERRINFO, section 1.4 of the specification.
  struct Error {
    ErrorCode code = ErrorCode::kNone;
    std::uint64_t word = 0;   ///< the instruction
    std::uint32_t index = 0;  ///< what was out of range
    std::uint32_t limit = 0;  ///< the first value that is not allowed
    std::uint64_t chain = 0;  ///< its sequence number
  };

  explicit ChainDecoder(const EngineParameters& engine);

  Outcome take(std::uint64_t word);
  /// After kChain.
  [[nodiscard]] const Chain& chain() const { return chain_; }
  [[nodiscard]] const Error& error() const { return error_; }
  /// After kWalk: tiles tested. After kInterrupt: the tag.
  [[nodiscard]] std::uint32_t argument() const { return argument_; }
  /// Chains decoded so far; the last one's sequence number.
  [[nodiscard]] std::uint64_t chains() const { return sequence_; }
  /// Drops the chain under way.
  void abandon();
  /// Scalar registers get their reset values; no entry of a register file has been written.
  void reset();
  /// Goes on where `other` is, whose chains are all committed, under its own sequence numbers.
  void continue_from(const ChainDecoder& other);
  /// Sizes of register files are ignored from now on, or not.
  void ignore_sizes(bool is_ignored) { ignores_sizes_ = is_ignored; }
  /// A chain that reads an entry that nothing has written is refused from now on, or not.
  void check_reads(bool is_checked) { checks_reads_ = is_checked; }

  /// Chains `first` .. `end` - 1 are software's own: they are kept in `chains` from when they are
  /// decoded, and use no tile list. Null: none are.
  void keep_chains(std::deque<WrittenChain>* chains, std::uint64_t first = 0,
                   std::uint64_t end = ~std::uint64_t{0}) {
    kept_ = chains;
    first_kept_ = first;
    end_kept_ = end;
  }

  /// What indirect instructions read: MRF entries (matrix product) in the order of use.
  std::vector<std::uint32_t>& tile_list() { return tile_list_; }
  [[nodiscard]] const Scoreboard& scoreboard() const { return scoreboard_; }

 private:
  /// A vector or matrix operand as instructions name it.
  struct Operand {
    bool is_given = false;
    Instruction instruction;
  };

  [[nodiscard]] bool keeps_chain() const {
    return kept_ != nullptr && sequence_ + 1 >= first_kept_ && sequence_ + 1 < end_kept_;
  }
  Outcome take_in_chain(const Instruction& instruction);
  Outcome finish_chain();
  void finish_load();
  void finish_softmax();
  void finish_vectors();
  void set_mvu_work();
  void add_matrix_waits();
  Outcome add_operand(const Instruction& instruction);
  Outcome set_register(const Instruction& instruction);
  // The following report an error when they return false.
  bool has_valid_operands();
  bool has_valid_source();
  /// Of the sink and of further writes.
  bool has_valid_sink(const Instruction& instruction);
  bool has_valid_matrix();
  bool has_valid_rows(const Instruction& instruction);
  bool has_valid_accumulators();
  bool has_valid_sums();
  bool is_register_file(const Instruction& instruction);
  bool is_inside(const Instruction& instruction, ErrorCode code);
  bool is_written(const Instruction& instruction);
  void set_written(const Instruction& instruction);
  Outcome fail(ErrorCode code, std::uint32_t index = 0, std::uint32_t limit = 0);

  [[nodiscard]] std::uint32_t value(ScalarRegister name) const {
    return registers_[static_cast<std::size_t>(name)];
  }
  /// Cycles of one native tile and one vector.
  [[nodiscard]] std::uint32_t tile_cycles() const;

  EngineParameters engine_;
  Scoreboard scoreboard_;
  std::array<std::vector<bool>, kNumMemories> is_written_;  ///< entries, since the reset
  /// Of these, entries that chains have written that read nothing else.
  std::array<std::vector<bool>, kNumMemories> is_set_;
  std::vector<std::uint32_t> tile_list_;
  ScalarRegisters registers_{};
  std::deque<WrittenChain>* kept_ = nullptr;
  std::uint64_t first_kept_ = 0;
  std::uint64_t end_kept_ = 0;
  std::vector<Instruction> instructions_;  ///< of the chain under way
  std::uint64_t sequence_ = 0;
  std::uint64_t word_ = 0;
  bool ignores_sizes_ = false;
  bool checks_reads_ = false;
  bool is_in_chain_ = false;
  bool has_new_shape_ = false;      ///< rows or columns were set since the last chain
  std::optional<FileEntry> unset_;  ///< first entry that the chain reads, but is not set
  Operand source_;
  Operand matrix_;
  Operand sink_;
  bool is_matrix_chain_ = false;
  bool is_softmax_ = false;
  std::uint32_t softmax_steps_ = 0;  ///< passes over the source
  std::uint32_t softmax_row_ = 0;    ///< first row of SmxRf
  bool finds_sums_ = false;          ///< sm_acc is among the passes
  bool ends_rows_ = false;           ///< the softmax has seen all tiles of its rows
  std::array<Instruction, 4> multicasts_{};
  std::uint32_t num_multicasts_ = 0;
  /// Units of the MFUs that the chain has taken: activation, addition, multiplication each.
  std::array<std::uint8_t, 2> mfu_units_{};
  std::uint32_t mfu_ = 0;
  Chain chain_;
  Error error_;
  std::uint32_t argument_ = 0;
};

}  // namespace tessera::attention_engine
