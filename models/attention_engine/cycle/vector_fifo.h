// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/units.h"

namespace tessera::attention_engine {

/// A queue of fixed depth; nothing is allocated after construction.
template <typename T>
class Ring {
 public:
  explicit Ring(std::size_t depth) : items_(depth) {}

  [[nodiscard]] bool is_empty() const { return size_ == 0; }
  [[nodiscard]] bool is_full() const { return size_ == items_.size(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const T& front() const { return items_[first_]; }
  T& front() { return items_[first_]; }
  /// The item `index` places behind the first. REQUIRES: index < size().
  T& at(std::size_t index) { return items_[place(index)]; }
  [[nodiscard]] const T& at(std::size_t index) const { return items_[place(index)]; }
  /// REQUIRES: !is_full().
  void push(const T& item) {
    items_[place(size_)] = item;
    ++size_;
  }
  /// REQUIRES: !is_empty().
  void pop() {
    first_ = place(1);
    --size_;
  }
  void clear() { first_ = size_ = 0; }

 private:
  [[nodiscard]] std::size_t place(std::size_t index) const {
    const std::size_t at = first_ + index;
    return at < items_.size() ? at : at - items_.size();
  }

  std::vector<T> items_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

/// What a unit has sent and the next one has not taken, with what is in the unit's pipeline: a
/// place is reserved when a vector enters the unit. Source: the credits of mvu.sv, intel/fpga-npu.
class VectorFifo {
 public:
  /// Vectors of one chain that leave the unit together.
  struct Group {
    std::uint64_t chain = 0;
    std::uint32_t vectors = 0;
    Cycles ready = 0;  ///< first cycle in which the next unit can take one
  };

  explicit VectorFifo(std::uint32_t depth) : depth_(depth), groups_(depth) {}

  [[nodiscard]] bool is_empty() const { return groups_.is_empty(); }
  /// A group wider than the FIFO goes in when that is empty.
  [[nodiscard]] bool has_room(std::uint32_t vectors) const {
    return vectors_ == 0 || vectors_ + vectors <= depth_;
  }
  void push(const Group& group) {
    groups_.push(group);
    vectors_ += group.vectors;
  }
  [[nodiscard]] const Group& front() const { return groups_.front(); }
  /// Takes one vector of the first group.
  void take() {
    --vectors_;
    if (--groups_.front().vectors == 0) {
      groups_.pop();
    }
  }
  void clear() {
    groups_.clear();
    vectors_ = 0;
  }

 private:
  std::uint32_t depth_;
  std::uint32_t vectors_ = 0;
  Ring<Group> groups_;
};

}  // namespace tessera::attention_engine
