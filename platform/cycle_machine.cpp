// SPDX-License-Identifier: Apache-2.0
#include "platform/cycle_machine.h"

#include <algorithm>

#include <fmt/format.h>

#include "platform/soc_parameters.h"

namespace tessera {

namespace {
/// Among the masters of a group: the DMA's back-end is 0.
constexpr std::uint32_t kEngineMaster = 1;
/// Place of the attention engine in the loop.
constexpr std::ptrdiff_t kAfterDma = 3;
}  // namespace

CycleMachine::CycleMachine(const SocConfig& config, const Parts& parts)
    : parts_(parts),
      observed_l1_(parts.l1, parts.observers, [this] { return loop_.now(); }),
      l1_network_(l1_network_parameters(config),
                  kHasObservers ? static_cast<HartPort&>(observed_l1_) : parts.l1,
                  parts.cluster_stats),
      soc_path_(soc_path_parameters(config), parts.cluster, parts.stats.add_group("soc_path")),
      caches_(instruction_caches_parameters(config), parts.dmi, soc_path_,
              parts.cluster_stats.add_group("instruction_caches")),
      harts_(cycle_harts_parameters(config), parts.cluster.harts(),
             {l1_network_, soc_path_, caches_, parts.dmi, parts.cluster, parts.observers},
             parts.cluster_stats.add_group("harts")),
      dma_engine_(dma_parameters(config), parts.dma, dma_ports(config), parts.dma.stats()),
      job_engines_(make_job_engines(config)),
      operand_block_engines_(make_operand_block_engines(config)),
      operand_block_memories_{{0, config.cluster.l1_bytes()},
                              {config.l2.base, config.l2.base + config.l2.bytes}},
      attention_engine_ports_(make_attention_engine_ports(config)),
      attention_engine_(make_attention_engine()),
      loop_(loop_parts()) {
  l1_network_.set_client(harts_);
  soc_path_.connect(harts_, caches_);
  for (std::uint32_t backend = 0; backend < dma_parameters(config).num_backends(); ++backend) {
    soc_path_.connect_master(backend, 0, dma_engine_.axi_client(backend));
  }
  const auto follow = [this] { soc_path_.set_read_only_cache(parts_.control.read_only_cache()); };
  parts_.control.on_read_only_cache(follow);
  follow();
}

std::vector<DmaBackendPorts> CycleMachine::dma_ports(const SocConfig& config) {
  std::vector<DmaBackendPorts> ports;
  const L1Layout layout = l1_config(config).layout;
  for (std::uint32_t backend = 0; backend < dma_parameters(config).num_backends(); ++backend) {
    const AgentId agent =
        parts_.observers.add_agent(fmt::format("{}.backend[{}]", parts_.dma.name(), backend));
    dma_memories_.push_back(std::make_unique<ObservedMemory>(
        parts_.dma_memory, agent,
        ObservedMemory::Services{parts_.observers, [this] { return loop_.now(); }, layout}));
    ports.push_back({soc_path_.master_port(backend, 0),
                     l1_network_.wide_port(backend / config.dma.backends_per_group),
                     kHasObservers ? *dma_memories_.back() : parts_.dma_memory});
  }
  return ports;
}

std::vector<std::unique_ptr<ita::JobEngine>> CycleMachine::make_job_engines(
    const SocConfig& config) {
  std::vector<std::unique_ptr<ita::JobEngine>> engines;
  for (std::uint32_t i = 0; i < parts_.ita_jobs.size(); ++i) {
    ita::JobInterface& jobs = *parts_.ita_jobs[i];
    std::vector<BankPort*> ports;
    for (std::uint32_t port = 0; port < config.ita.hardware.ports; ++port) {
      ita_ports_.push_back(l1_network_.bank_port(i));
      ports.push_back(ita_ports_.back().get());
    }
    engines.push_back(std::make_unique<ita::JobEngine>(
        config.ita.hardware, jobs, jobs.tile_engine(), *parts_.ita_memories[i], ports));
    engines.back()->add_stats(jobs.stats().add_group("job_engine"));
  }
  return engines;
}

std::unique_ptr<PortGroup> CycleMachine::make_attention_engine_ports(const SocConfig& config) {
  if (parts_.attention_engine == nullptr) {
    return nullptr;
  }
  const std::uint32_t count = config.attention_engine.axi_ports;
  std::vector<AxiPort*> masters;
  for (std::uint32_t group = 0; group < count; ++group) {
    masters.push_back(&soc_path_.master_port(group, kEngineMaster));
  }
  auto ports = std::make_unique<PortGroup>(masters);
  for (std::uint32_t group = 0; group < count; ++group) {
    soc_path_.connect_master(group, kEngineMaster, ports->port_client(group));
  }
  return ports;
}

std::unique_ptr<attention_engine::TimedEngine> CycleMachine::make_attention_engine() {
  if (parts_.attention_engine == nullptr) {
    return nullptr;
  }
  auto engine = std::make_unique<attention_engine::TimedEngine>(
      parts_.attention_engine->parameters(), *attention_engine_ports_,
      parts_.attention_engine->probe(), [this](Cycles cycle) { loop_.limit(cycle); });
  attention_engine_ports_->connect(engine->engine().axi_client());
  return engine;
}

std::vector<std::unique_ptr<ita::OperandBlockEngine>> CycleMachine::make_operand_block_engines(
    const SocConfig& config) {
  std::vector<std::unique_ptr<ita::OperandBlockEngine>> engines;
  const std::uint32_t per_group = config.itas_per_group();
  const std::uint32_t count = parts_.ita_operand_blocks != nullptr ? config.ita.count : 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    // An AXI master of its own behind the others, in the first part of its group.
    const std::uint32_t group = i / per_group * config.dma.backends_per_group;
    const std::uint32_t master =
        (parts_.attention_engine != nullptr ? kEngineMaster : 0) + 1 + i % per_group;
    ita_ports_.push_back(l1_network_.whole_port());
    engines.push_back(std::make_unique<ita::OperandBlockEngine>(
        config.ita.operand_block.timing, i, *parts_.ita_operand_blocks,
        ita::OperandBlockEngine::Environment{soc_path_.master_port(group, master),
                                             *ita_ports_.back(), config.cluster.l1_bytes(),
                                             config.dma.beat_bytes}));
    soc_path_.connect_master(group, master, *engines.back());
    engines.back()->add_stats(parts_.ita_operand_blocks->stats(i).add_group("engine"));
  }
  return engines;
}

std::vector<Steppable*> CycleMachine::loop_parts() {
  std::vector<Steppable*> parts{
      &l1_network_.response_side(), &soc_path_.response_side(), &dma_engine_, &caches_, &harts_,
      &l1_network_.request_side(),  &soc_path_.request_side()};
  for (const auto& engine : job_engines_) {
    parts.push_back(engine.get());
  }
  for (const auto& engine : operand_block_engines_) {
    parts.push_back(engine.get());
  }
  if (attention_engine_) {
    parts.insert(parts.begin() + kAfterDma, {&*attention_engine_ports_, &*attention_engine_});
  }
  return parts;
}

void CycleMachine::take_over(Cycles now) {
  parts_.dma.use_engine(&dma_engine_);
  for (std::size_t i = 0; i < job_engines_.size(); ++i) {
    parts_.ita_jobs[i]->use_engine(job_engines_[i].get());
  }
  if (parts_.ita_operand_blocks != nullptr) {
    std::vector<ita::OperandBlockEngine*> engines;
    for (const auto& engine : operand_block_engines_) {
      engines.push_back(engine.get());
    }
    parts_.ita_operand_blocks->use_engines(engines, operand_block_memories_);
  }
  if (attention_engine_) {
    parts_.attention_engine->use_engine(&*attention_engine_);
  }
  caches_.flush();
  loop_.restart_at(now);
  harts_.resume_at(now);
}

bool CycleMachine::is_at_rest() const {
  return harts_.is_drained() && l1_network_.is_drained() && soc_path_.is_idle() &&
         caches_.is_idle() && dma_engine_.is_idle() &&
         std::all_of(job_engines_.begin(), job_engines_.end(),
                     [](const auto& engine) { return engine->is_at_rest(); }) &&
         std::all_of(operand_block_engines_.begin(), operand_block_engines_.end(),
                     [](const auto& engine) { return engine->is_idle(); }) &&
         (!attention_engine_ || attention_engine_->is_idle());
}

void CycleMachine::hold(bool is_held) {
  harts_.hold(is_held);
}

void CycleMachine::hand_back(Cycles now) {
  parts_.dma.use_engine(nullptr);
  for (const auto& jobs : parts_.ita_jobs) {
    jobs->use_engine(nullptr);
  }
  if (attention_engine_) {
    parts_.attention_engine->use_engine(nullptr);
  }
  if (parts_.ita_operand_blocks != nullptr) {
    parts_.ita_operand_blocks->use_engines({}, {});
  }
  harts_.suspend_at(now);
}

Cycles CycleMachine::run(Cycles from, Cycles horizon) {
  // The kernel may have spent time in which no part had anything to do.
  if (from > loop_.now()) {
    loop_.restart_at(from);
  }
  loop_.run_to(horizon);
  return loop_.now();
}

void CycleMachine::sync(Cycles now) {
  harts_.synchronise(now);
}

void CycleMachine::wake_up(std::uint32_t hart, Cycles cycle) {
  harts_.wake_up(hart, std::max(cycle + SocPath::kWakeUpCycles, loop_.now()));
}

void CycleMachine::end_hart(std::uint32_t hart) {
  harts_.end_hart(hart, loop_.now());
}

void CycleMachine::memory_written(std::uint32_t address, std::uint32_t bytes) {
  harts_.invalidate_code(address, bytes);
}

}  // namespace tessera
