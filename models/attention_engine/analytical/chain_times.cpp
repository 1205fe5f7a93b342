// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/analytical/chain_times.h"

#include <algorithm>

namespace tessera::attention_engine::analytical {

void ChainTimes::issue(double instructions, double tiles) {
  front_end_ += instructions * engine_.instruction_cycles + tiles * engine_.scan_cycles;
}

void ChainTimes::drain() {
  front_end_ = std::max({front_end_, mvu_, softmax_start_, write_ + engine_.write_cycles});
}

double ChainTimes::arrive(double bytes, double start) {
  read_channel_ = std::max(read_channel_, start + axi_latency_) + bytes / engine_.axi_bytes;
  return read_channel_;
}

double ChainTimes::load(double bytes, double rows, double after) {
  const double arrived = arrive(bytes, std::max(front_end_, after));
  port_ = std::max(port_ + rows, arrived);
  return port_ + engine_.load_cycles;
}

double ChainTimes::load_transposed(double rows, double row_bytes, double after) {
  const double arrived = arrive(rows * row_bytes, std::max({front_end_, buffer_, after}));
  const Transposer transposer = engine_.mechanisms.transposer;
  const double before = port_;
  port_ = std::max(port_, arrived) + row_bytes * (transposer == Transposer::kNone ? rows : 1);
  buffer_ = transposer == Transposer::kFull ? before : port_;
  return port_ + engine_.load_cycles;
}

double ChainTimes::product(double cycles, double vectors, double burst, double after,
                           double write_after) {
  const double start = std::max({mvu_, front_end_, after});
  const double step = cycles * burst / vectors;
  mvu_ = start + cycles;
  write_ = std::max({write_, start + step + engine_.mvu_cycles, write_after}) + vectors;
  write_ = std::max(write_, mvu_ + engine_.mvu_cycles + burst);
  mvu_ = std::max(mvu_, write_ - engine_.vector_fifo_depth);  // its output has no place
  committed_ = std::max(committed_, write_ + engine_.write_cycles);
  return write_ + engine_.write_cycles;
}

double ChainTimes::softmax(double cycles, double after) {
  softmax_start_ = std::max({softmax_, front_end_, after});
  softmax_ = softmax_start_ + cycles;
  committed_ = std::max(committed_, softmax_ + engine_.softmax_cycles);
  return softmax_ + engine_.softmax_cycles;
}

double ChainTimes::store(double vectors, double bytes, double after) {
  const double start = std::max(front_end_, after);
  write_ = std::max(write_, start + engine_.read_cycles) + vectors;
  send(bytes, write_);
  return write_;
}

void ChainTimes::store_product(double bytes) {
  send(bytes, write_);
}

void ChainTimes::send(double bytes, double from) {
  write_channel_ = std::max(write_channel_, from) + bytes / engine_.axi_bytes;
  committed_ = std::max(committed_, write_channel_ + axi_latency_);
}

double ChainTimes::end() const {
  return std::max(committed_, front_end_);
}

}  // namespace tessera::attention_engine::analytical
