// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "models/base/steppable.h"

namespace tessera {

/// Registers between two stages of the hardware: what is pushed in a cycle can be popped from the
/// next one on, and a place that becomes free in a cycle can be filled from the next one on. So the
/// order in which the two stages step within a cycle does not matter. At most one push and one pop
/// per cycle.
/// Source: fifo_v3.sv without fall-through, spill_register.sv (two places), of common_cells.
template <typename T, std::size_t kPlaces>
class RegisterFifo {
 public:
  bool is_empty() const { return size_ == 0; }
  /// Places that are taken: those at the start of `cycle`, and what was pushed in it.
  std::size_t occupied(Cycles cycle) const { return size_ + (last_pop_ == cycle ? 1 : 0); }
  /// There is room, and nothing has been pushed in `cycle` yet.
  bool can_push(Cycles cycle) const { return last_push_ != cycle && occupied(cycle) < kPlaces; }
  /// There is an item, and none has been popped in `cycle` yet.
  bool can_pop(Cycles cycle) const {
    return last_pop_ != cycle && size_ > (last_push_ == cycle ? 1 : 0);
  }

  /// REQUIRES: can_push(cycle).
  void push(const T& item, Cycles cycle) {
    items_[(first_ + size_) % kPlaces] = item;
    ++size_;
    last_push_ = cycle;
  }
  /// REQUIRES: !is_empty().
  const T& front() const { return items_[first_]; }
  T& front() { return items_[first_]; }
  /// REQUIRES: can_pop(cycle).
  T pop(Cycles cycle) {
    const T item = items_[first_];
    first_ = (first_ + 1) % kPlaces;
    --size_;
    last_pop_ = cycle;
    return item;
  }
  std::size_t size() const { return size_; }

 private:
  std::array<T, kPlaces> items_{};
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  Cycles last_push_ = kNever;
  Cycles last_pop_ = kNever;
};

}  // namespace tessera
