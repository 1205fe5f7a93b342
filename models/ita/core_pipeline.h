// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/base/units.h"
#include "models/ita/hardware.h"

namespace tessera::ita {

/// What the core's controller knows of a tile step.
struct StepTraits {
  bool has_output = false;     ///< the last inner tile: every row gives a result
  bool feeds_softmax = false;  ///< last tile of QK: the rows' denominators go to the dividers
  bool reads_softmax = false;  ///< first tile of AV: a row needs its division
};

/// The timing of ITA's core, cycle by cycle: two weight buffers, ten pipeline stages, the output
/// FIFO, the softmax's FIFO and dividers. It moves no data.
/// Timing: a row's result can leave 11 cycles after the row was taken. Between two steps: no gap.
/// Source: ita_controller.sv, ita_weight_controller.sv, ita.sv, ita_softmax.sv, ita_serdiv.sv;
/// checked against 254 runs of the RTL by the test ita_cycles.
class CorePipeline {
 public:
  /// Why the core takes no row in a cycle.
  enum class Stall : std::uint8_t { kOutput, kSoftmax, kWeights, kInput };
  /// What the surroundings offer in a cycle.
  struct Offer {
    bool row = false;            ///< REQUIRES: is_ready()
    bool weights = false;        ///< a beat of the weight port
    bool takes_output = false;   ///< the output is taken if there is one
    Cycles division_cycles = 0;  ///< of the row, where its denominator goes to a divider
  };
  /// What the core has taken or given of it.
  struct Taken {
    bool weights = false;
    bool output = false;
  };

  explicit CorePipeline(const Hardware& hardware);

  /// The step that the next row belongs to. REQUIRES: the one before has got all its rows.
  void begin_step(const StepTraits& traits);
  /// Row of the step that comes next: column group row / 64, row of the tile row % 64.
  std::uint32_t next_row() const { return row_; }
  bool is_step_complete() const { return row_ == rows_per_step_; }
  /// The next row's denominator goes to a divider.
  bool feeds_divider() const { return traits_.feeds_softmax && row_ >= rows_per_step_ - kTileSize; }
  /// The core takes a row in this cycle.
  bool is_ready() const { return has_weights() && !is_blocked(); }
  /// Why it does not, or did not get one. REQUIRES: !is_step_complete().
  Stall stall() const;

  Taken step(const Offer& offer, Cycles cycle);

  /// Nothing moves any more without an offer.
  bool is_settled() const;
  /// The weights of the next step are in a buffer, or no weights at all.
  void preset_weights(bool has_block);

  /// Cycles that a division takes: from the denominator at the divider to the result.
  static Cycles division_cycles(std::uint32_t denominator);

 private:
  struct Divider {
    bool is_busy = false;
    Cycles result = 0;  ///< first cycle in which it can be taken
  };
  static constexpr unsigned kOutputStages = 10;  ///< calc_en_q10, ita.sv
  static constexpr unsigned kSoftmaxStages = 9;  ///< calc_en_q6, ita.sv; calc_en_q3, ita_softmax.sv

  bool has_weights() const { return is_full_[read_buffer_]; }
  bool is_blocked() const { return is_output_full() || is_softmax_blocked(); }
  bool is_output_full() const { return results_under_way_ >= hardware_.output_fifo; }
  bool is_softmax_blocked() const {
    return (feeds_divider() && rows_to_dividers_ >= hardware_.softmax_fifo) ||
           (traits_.reads_softmax && row_ < kTileSize && row_ >= divided_rows_);
  }
  bool fill_weights(bool is_offered);
  void divide(Cycles cycle);
  void take_row(const Offer& offer);

  Hardware hardware_;
  std::uint32_t rows_per_step_;
  std::uint32_t beats_per_block_;
  StepTraits traits_;
  std::uint32_t row_;

  std::array<bool, 2> is_full_{};
  std::uint32_t write_buffer_ = 0;
  std::uint32_t read_buffer_ = 0;
  std::uint32_t beats_ = 0;       ///< in the buffer that is being filled
  std::uint32_t block_rows_ = 0;  ///< computed with the buffer that is being read

  std::uint32_t output_stages_ = 0;  ///< bit i: a result, i + 1 cycles behind its row
  std::uint32_t outputs_ = 0;        ///< in the FIFO
  std::uint32_t results_under_way_ = 0;

  std::uint32_t softmax_stages_ = 0;
  std::uint32_t denominators_ = 0;  ///< in the FIFO
  std::uint32_t rows_to_dividers_ = 0;
  std::array<Cycles, kTileSize> division_cycles_{};  ///< by row
  std::uint32_t sent_rows_ = kTileSize;              ///< to the dividers
  std::uint32_t divided_rows_ = kTileSize;
  std::vector<Divider> dividers_;
  std::size_t next_divider_ = 0;
  std::size_t next_result_ = 0;
};

}  // namespace tessera::ita
