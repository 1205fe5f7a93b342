// SPDX-License-Identifier: Apache-2.0
// Runs attention jobs alone on the cycle engine. Reads a job per line from standard input, words
// KEY=VALUE, and writes a row of CSV per job: what was measured, then what the analytical twin says
// about the same plan (twin_...), and the part of attention in BERT-base's operations. Keys and
// what they default to: class Job.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <variant>

#include "models/attention_engine/analytical/twin.h"
#include "models/attention_engine/analytical/workload.h"
#include "models/attention_engine/pattern.h"
#include "models/base/error.h"
#include "tests/support/engine_bench.h"

namespace tessera::attention_engine {

namespace {

constexpr const char* kColumns =
    "cycles,policy,tiles,tiles_skipped,tile_density,useful_macs,issued_macs,mvu_busy,mvu_idle,"
    "mvu_front_end,mvu_scan,mvu_dependency,mvu_load,mvu_fifo,mvu_drain,context_busy,softmax_busy,"
    "scan_cycles,instructions,chains,context_chains,axi_read_bytes,axi_write_bytes,spill_bytes,"
    "refetch_bytes,score_entries,mrf_entries,longest_row,longest_row_pair,twin_cycles,twin_bytes,"
    "attention_share";

class Job {
 public:
  /// Throws ConfigError for a key or value that is none.
  void set(const std::string& key, const std::string& value) {
    if (key == "preset") {
      engine_ = engine_preset(value);
    } else if (key == "pattern") {
      const auto kind = pattern_kind_from_name(value);
      check(kind.has_value(), key, value);
      pattern_.kind = *kind;
    } else if (key == "policy") {
      request_.policy = policy_from_name(value);
      check(request_.policy.has_value(), key, value);
    } else if (key == "transposer") {
      check(value == "none" || value == "row" || value == "full", key, value);
      engine_.mechanisms.transposer = value == "none"  ? Transposer::kNone
                                      : value == "row" ? Transposer::kRow
                                                       : Transposer::kFull;
    } else if (key == "score_split" || key == "context_split") {
      check(value == "tiles" || value == "vectors", key, value);
      (key == "score_split" ? engine_.mvu_split : engine_.mechanisms.context_split) =
          value == "tiles" ? Split::kTiles : Split::kVectors;
    } else {
      set_number(key, value);
    }
  }

  std::string run() const {
    const TileMap map = pattern_map(pattern_, {tokens_, tokens_, engine_.native_dim});
    EngineParameters engine = engine_;
    if (request_.capacity == CapacityMode::kUnlimited) {
      for (auto& entries : engine.entries) {
        entries = std::max(entries, 1u << 20);
      }
    }
    const auto plan = plan_attention(engine, map, request_);
    if (const auto* error = std::get_if<PlanError>(&plan)) {
      throw ConfigError("engine_run", error->message);
    }
    AttentionJob job =
        test::attention_job(map, std::get<Plan>(plan), request_.head_dim, request_.heads);
    job.has_kv = has_kv_;
    const analytical::Estimate twin = analytical::estimate(
        engine, map, {request_.head_dim, request_.heads, has_kv_, double(axi_latency_)},
        std::get<Plan>(plan));
    return row(map, test::run_attention(engine, job, refusal_, axi_latency_), twin);
  }

 private:
  static void check(bool is_good, const std::string& key, const std::string& value) {
    if (!is_good) {
      throw ConfigError("engine_run", "no such " + key + ": '" + value + "'");
    }
  }

  void set_number(const std::string& key, const std::string& value) {
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    check(!value.empty() && *end == '\0', key, value);
    const auto integer = static_cast<std::uint32_t>(number);
    const bool flag = integer != 0;
    Mechanisms& mechanisms = engine_.mechanisms;
    const auto entries = [&](MemoryId id) {
      engine_.entries[static_cast<std::size_t>(id)] = integer;
    };
    if (key == "tokens") {
      tokens_ = integer;
    } else if (key == "head_dim") {
      request_.head_dim = integer;
    } else if (key == "heads") {
      request_.heads = integer;
    } else if (key == "window") {
      pattern_.window = integer;
    } else if (key == "global_tokens") {
      pattern_.global_tokens = integer;
    } else if (key == "random_tiles") {
      pattern_.random_tiles = integer;
    } else if (key == "seed") {
      pattern_.seed = integer;
    } else if (key == "block") {
      pattern_.block = integer;
    } else if (key == "packed") {
      request_.is_packed = flag;
    } else if (key == "online") {
      request_.may_use_online = flag;
    } else if (key == "unlimited") {
      request_.capacity = flag ? CapacityMode::kUnlimited : CapacityMode::kStrict;
    } else if (key == "score_entries") {
      entries(MemoryId::kScoreVrf);
    } else if (key == "mrf_entries") {
      entries(MemoryId::kMrf);
    } else if (key == "has_kv") {
      has_kv_ = flag;
    } else if (key == "refusal") {
      refusal_ = number;
    } else if (key == "axi_latency") {
      axi_latency_ = integer;
    } else if (key == "packs_heads") {
      mechanisms.packs_heads = flag;
    } else if (key == "indirect") {
      mechanisms.has_indirect = flag;
    } else if (key == "drains_on_swr") {
      mechanisms.drains_on_swr = flag;
    } else if (key == "overlaps_rows") {
      mechanisms.overlaps_rows = flag;
    } else {
      check(false, "key", key);
    }
  }

  static std::string row(const TileMap& map, const test::AttentionRun& run,
                         const analytical::Estimate& twin) {
    TESSERA_CHECK(run.is_finished, "the job did not end");
    const MapSummary summary = summarise(map);
    const auto all = static_cast<double>(map.shape.rows()) * map.shape.columns();
    std::ostringstream text;
    text << run.cycles << ',' << to_string(run.plan.policy) << ',' << summary.tiles << ','
         << run.map.tiles_skipped << ',' << static_cast<double>(summary.tiles) / all << ','
         << run.map.useful_macs << ',' << run.engine.issued_macs;
    for (const Cycles cycles : run.engine.mvu) {
      text << ',' << cycles;
    }
    text << ',' << run.engine.context_cycles << ',' << run.engine.softmax_cycles << ','
         << run.engine.scan_cycles << ',' << run.engine.instructions << ',' << run.engine.chains
         << ',' << run.map.context_chains << ',' << run.axi.read_bytes << ',' << run.axi.write_bytes
         << ',' << run.engine.spill_bytes << ',' << run.engine.refetch_bytes << ','
         << run.plan.entries_of(MemoryId::kScoreVrf) << ',' << run.plan.entries_of(MemoryId::kMrf)
         << ',' << summary.longest_row << ',' << summary.longest_row_pair << ',' << twin.cycles
         << ',' << twin.kv_bytes + twin.spill_bytes + twin.operand_bytes << ','
         << analytical::Encoder{}.attention_share(map.shape.queries);
    return text.str();
  }

  EngineParameters engine_ = engine_preset("soc64");
  Pattern pattern_;
  PlanRequest request_;
  std::uint32_t tokens_ = 1024;
  bool has_kv_ = false;
  double refusal_ = 0;
  std::uint32_t axi_latency_ = 20;
};

}  // namespace

int run_jobs() {
  std::puts(kColumns);
  for (std::string line; std::getline(std::cin, line);) {
    Job job;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      job.set(word.substr(0, equals), equals == std::string::npos ? "" : word.substr(equals + 1));
    }
    std::puts(job.run().c_str());
  }
  return 0;
}

}  // namespace tessera::attention_engine

int main() {
  try {
    return tessera::attention_engine::run_jobs();
  } catch (const tessera::ConfigError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}
