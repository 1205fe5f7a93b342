// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>
#include <vector>

#include "models/attention_engine/cycle/attention_program.h"
#include "models/attention_engine/cycle/cycle_engine.h"
#include "models/attention_engine/cycle/run_alone.h"
#include "models/attention_engine/planner.h"
#include "models/base/error.h"

namespace tessera::test {

struct AttentionRun {
  Cycles cycles = 0;
  attention_engine::Plan plan;
  attention_engine::CycleEngine::Counters engine;
  attention_engine::AttentionProgram::Counters map;
  attention_engine::AxiMover::Counters axi;
  bool is_finished = false;
};

/// Where the operands of test jobs are.
inline attention_engine::AttentionJob attention_job(const attention_engine::TileMap& map,
                                                    const attention_engine::Plan& plan,
                                                    std::uint32_t head_dim = 64,
                                                    std::uint32_t heads = 1) {
  attention_engine::AttentionJob job;
  job.map = &map;
  job.plan = plan;
  job.head_dim = head_dim;
  job.heads = heads;
  job.q = 0x8000'0000;
  job.k = 0x8100'0000;
  job.v = 0x8200'0000;
  job.output = 0x8300'0000;
  job.scratch = 0x8400'0000;
  job.row_stride = head_dim;
  job.head_stride = head_dim * map.shape.queries;
  return job;
}

/// Runs one attention job alone.
inline AttentionRun run_attention(const attention_engine::EngineParameters& parameters,
                                  const attention_engine::AttentionJob& job, double refusal = 0,
                                  Cycles axi_latency = 20) {
  using namespace attention_engine;  // NOLINT: names of the engine only
  AxiMemory axi(axi_latency, refusal);
  CycleEngine engine(parameters, axi);
  axi.connect(engine.axi_client());
  AttentionProgram program(parameters, job, engine.decoder().tile_list());
  engine.run(program, 0);
  run_alone(engine, axi, 0);
  AttentionRun run;
  run.cycles = engine.last_commit();
  run.plan = job.plan;
  run.engine = engine.counters();
  run.map = program.counters();
  run.axi = engine.mover().counters();
  run.is_finished = engine.is_idle() && !engine.has_failed();
  return run;
}

/// Plans and runs one head with everything at its default.
inline attention_engine::Plan plan_of(const attention_engine::EngineParameters& parameters,
                                      const attention_engine::TileMap& map,
                                      const attention_engine::PlanRequest& request) {
  const auto plan = attention_engine::plan_attention(parameters, map, request);
  TESSERA_CHECK(std::holds_alternative<attention_engine::Plan>(plan), "no plan: {}",
                std::get<attention_engine::PlanError>(plan).message);
  return std::get<attention_engine::Plan>(plan);
}

}  // namespace tessera::test
