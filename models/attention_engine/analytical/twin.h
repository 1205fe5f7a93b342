// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/attention_engine/engine_parameters.h"
#include "models/attention_engine/planner.h"
#include "models/attention_engine/tile_map.h"

/// The analytical twin of the attention engine: cycles and bytes of a job in micro- to
/// milliseconds, from the same inputs as the cycle engine. It follows the same chains in the same
/// order, but each is one step of arithmetic on the times at which the units are free: no vector,
/// no queue but the one behind the MVU, no AXI burst, and nobody else on the bus. Source:
/// specification of the engine, sections 1.7 to 1.9 and 4; depths and rates: EngineParameters.
namespace tessera::attention_engine::analytical {

/// What a job costs.
struct Estimate {
  std::uint64_t cycles = 0;        ///< of the whole job
  std::uint64_t score_cycles = 0;  ///< busy time of QK, as the next four of one head
  std::uint64_t softmax_cycles = 0;
  std::uint64_t context_cycles = 0;
  std::uint64_t scan_cycles = 0;       ///< the scheduler looks at every tile of the map
  std::uint64_t front_end_cycles = 0;  ///< instructions and tests of tiles; a head takes no less
  std::uint64_t kv_bytes = 0;          ///< read from L2, of all heads
  std::uint64_t spill_bytes = 0;       ///< scores, written and read
  std::uint64_t operand_bytes = 0;     ///< Q in and results out
  std::uint64_t issued_macs = 0;       ///< what the multipliers do, trimmed parts and all
  std::uint64_t useful_macs = 0;       ///< 2 * d * allowed pairs
};

struct Job {
  std::uint32_t head_dim = 64;
  std::uint32_t heads = 1;
  bool has_kv = false;      ///< K and V are in the MRF from the job before
  double axi_latency = 20;  ///< cycles from a request to its first word, and to its response
};

/// Cycles and bytes of `job` as planned, all heads with the same map.
Estimate estimate(const EngineParameters& engine, const TileMap& map, const Job& job,
                  const Plan& plan);

/// The same with a policy of its own for each tile row (resident counts as overlapped).
Estimate estimate_rows(const EngineParameters& engine, const TileMap& map, const Job& job,
                       const Plan& plan, const std::vector<Policy>& rows);

/// For each tile row the first of overlapped, row, online (from 2 * T entries on) and spill that
/// fits `entries` of ScoreVrf: what a scheduler could gain that chooses row by row.
std::vector<Policy> policies_by_row(const TileMap& map, std::uint64_t entries, bool is_packed,
                                    bool may_use_online);

/// Cycles of the low-bit pass that picks keys before attention: all pairs, `products_per_mac`
/// low-bit products on each multiplier (1; 4 for 4-bit operands in look-up tables). It grows with
/// the square of the sequence, whatever it selects.
std::uint64_t preselection_cycles(const EngineParameters& engine, const MapShape& shape,
                                  std::uint32_t head_dim, std::uint32_t products_per_mac);

}  // namespace tessera::attention_engine::analytical
