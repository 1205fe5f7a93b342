// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/attention_engine/engine_parameters.h"

namespace tessera::attention_engine::analytical {

/// When each unit of an engine has done the chains given to it so far, in program order: a step of
/// arithmetic per chain, where the cycle engine takes one per vector. A chain starts when the front
/// end has it, the unit is free and what it waits for (`after`) is there. All times are cycles from
/// the start of the job; functions that enter a chain return when it is committed.
class ChainTimes {
 public:
  /// `axi_latency`: from a request to its first word, and from the last word to the response.
  ChainTimes(const EngineParameters& engine, double axi_latency)
      : engine_(engine), axi_latency_(axi_latency) {}

  /// The front end takes the instructions of a chain, and tests `tiles` tiles of a map.
  void issue(double instructions, double tiles = 0);
  /// The front end waits until the vector path is empty and no chain waits for the softmax unit.
  void drain();

  /// `bytes` from L2; then `rows` rows go into their register file.
  double load(double bytes, double rows, double after);
  /// A tile of V, `rows` tokens of `row_bytes`, through the transposer (mechanism A1).
  double load_transposed(double rows, double row_bytes, double after);
  /// A product of `cycles` that gives `vectors` vectors, `burst` of them in its last step; they are
  /// written once `write_after` has passed.
  double product(double cycles, double vectors, double burst, double after, double write_after = 0);
  double softmax(double cycles, double after);
  /// `vectors` entries of a register file to L2. Returns when they have been read.
  double store(double vectors, double bytes, double after);
  /// The product entered last goes to L2 with `bytes` bytes.
  void store_product(double bytes);

  /// Products entered so far are done: their operands may be overwritten.
  [[nodiscard]] double mvu_free() const { return mvu_; }
  [[nodiscard]] double front_end() const { return front_end_; }
  /// Everything is committed and stored.
  [[nodiscard]] double end() const;

 private:
  double arrive(double bytes, double start);
  void send(double bytes, double from);

  const EngineParameters& engine_;
  const double axi_latency_;
  double front_end_ = 0;
  double read_channel_ = 0;
  double write_channel_ = 0;
  double port_ = 0;    ///< write port of register files and MRF
  double buffer_ = 0;  ///< the transposer takes the next tile
  double mvu_ = 0;
  double softmax_start_ = 0;  ///< of the last chain there
  double softmax_ = 0;
  double write_ = 0;  ///< write-back
  double committed_ = 0;
};

}  // namespace tessera::attention_engine::analytical
