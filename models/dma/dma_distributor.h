// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "models/dma/dma_split.h"

namespace tessera {

/// Gives every output its share of a piece, and joins their completions.
/// Source: idma_distributed_midend.sv, with the FIFOs of its completions.
class DmaDistributor {
 public:
  explicit DmaDistributor(std::uint32_t outputs)
      : completions_(outputs), shares_(outputs), has_taken_(outputs) {}

  /// Offers a piece in `cycle`, again and again until it returns true: all outputs have taken what
  /// they move. `share(output)` is that; `take(output, share)` returns whether it takes it now.
  template <typename Share, typename Take>
  bool offer(Cycles cycle, Share&& share, Take&& take) {
    if (is_any_full(cycle)) {
      return false;
    }
    const auto outputs = static_cast<std::uint32_t>(shares_.size());
    if (num_waiting_ == 0) {
      for (std::uint32_t output = 0; output < outputs; ++output) {
        shares_[output] = share(output);
        has_taken_[output] = shares_[output].bytes == 0;
        num_waiting_ += has_taken_[output] ? 0 : 1;
        if (has_taken_[output]) {
          // Who has no part in a piece is made to report it at once: tie_off_trans_complete_q.
          complete(output, cycle + 1);
        }
      }
    }
    for (std::uint32_t output = 0; output < outputs; ++output) {
      if (!has_taken_[output] && take(output, shares_[output])) {
        has_taken_[output] = true;
        --num_waiting_;
      }
    }
    return num_waiting_ == 0;
  }

  /// `output` reports, in `cycle`, that a share has completed.
  void complete(std::uint32_t output, Cycles cycle) {
    auto& reports = completions_[output];
    reports.insert(std::upper_bound(reports.begin(), reports.end(), cycle + 1), cycle + 1);
  }
  /// All outputs have reported a piece before `cycle`; takes their reports.
  bool take_completion(Cycles cycle) {
    for (const auto& reports : completions_) {
      if (reports.empty() || reports.front() > cycle) {
        return false;
      }
    }
    for (auto& reports : completions_) {
      reports.pop_front();
    }
    return true;
  }

 private:
  static constexpr std::size_t kReports = 16;  ///< TransFifoDepth, mempool_cluster.sv

  bool is_any_full(Cycles cycle) const {
    for (const auto& reports : completions_) {
      if (reports.size() >= kReports && reports[kReports - 1] <= cycle) {
        return true;
      }
    }
    return false;
  }

  std::vector<std::deque<Cycles>> completions_;  ///< per output: when reports can be taken
  std::vector<DmaTransfer> shares_;              ///< of the piece on offer
  std::vector<bool> has_taken_;
  std::uint32_t num_waiting_ = 0;  ///< outputs that have not taken theirs
};

}  // namespace tessera
