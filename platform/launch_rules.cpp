// SPDX-License-Identifier: Apache-2.0
#include "platform/launch_rules.h"

#include <map>
#include <string>

#include "models/dma/dma_regs.h"
#include "models/ita/job_interface_regs.h"
#include "models/ita/operand_block_regs.h"

namespace tessera {

namespace {

using Register = LaunchRules::Register;

const std::vector<Register> kDmaRegisters{{DMA_SRC_ADDR, "SRC_ADDR", true},
                                          {DMA_DST_ADDR, "DST_ADDR", true},
                                          {DMA_NUM_BYTES, "NUM_BYTES", true}};
const std::vector<Register> kItaBlockRegisters{{ITA_BLOCK_S, "S", false},
                                               {ITA_BLOCK_E, "E", false},
                                               {ITA_BLOCK_P, "P", false},
                                               {ITA_BLOCK_START_ADDR, "START_ADDR", true},
                                               {ITA_BLOCK_OUT_ADDR, "OUT_ADDR", true},
                                               {ITA_BLOCK_RQS_ADDR, "RQS_ADDR", true}};
const std::vector<Register> kItaJobRegisters{
    {ITA_JOB_INPUT_PTR, "INPUT_PTR", true},
    {ITA_JOB_WEIGHT_PTR0, "WEIGHT_PTR0", true},
    {ITA_JOB_OUTPUT_PTR, "OUTPUT_PTR", true, ITA_JOB_OUTPUT_DISABLE},
    {ITA_JOB_CTRL_STREAM, "CTRL_STREAM", true},
    {ITA_JOB_CTRL_ENGINE, "CTRL_ENGINE", false},
    {ITA_JOB_TILES, "TILES", false},
    {ITA_JOB_EPS_MULT0, "EPS_MULT0", false},
    {ITA_JOB_EPS_MULT1, "EPS_MULT1", false},
    {ITA_JOB_RIGHT_SHIFT0, "RIGHT_SHIFT0", false},
    {ITA_JOB_RIGHT_SHIFT1, "RIGHT_SHIFT1", false}};

std::map<std::string, AgentId> agents_by_name(const Observers& observers) {
  std::map<std::string, AgentId> agents;
  for (AgentId agent = 0; agent < observers.num_agents(); ++agent) {
    agents[observers.agent_name(agent)] = agent;
  }
  return agents;
}

}  // namespace

std::vector<LaunchRules> launch_rules(const Observers& observers, const SocConfig& config,
                                      const AddressMap& map) {
  const std::map<std::string, AgentId> agents = agents_by_name(observers);
  std::vector<LaunchRules> rules;
  for (const MapRange& range : map.ranges()) {
    const auto agent = agents.find(range.name);
    if (agent == agents.end()) {
      continue;
    }
    const AddressRange addresses{static_cast<std::uint32_t>(range.base),
                                 static_cast<std::uint32_t>(range.end())};
    if (range.target == AddressTarget::kDma) {
      rules.push_back({agent->second, addresses, kDmaRegisters, {}, {}, {}});
    } else if (range.target == AddressTarget::kIta &&
               config.ita.interface == ItaInterface::kOperandBlock) {
      rules.push_back({agent->second, addresses, kItaBlockRegisters, {}, {}, {}});
    } else if (range.target == AddressTarget::kIta) {
      rules.push_back({agent->second, addresses, kItaJobRegisters, ITA_JOB_ACQUIRE,
                       ITA_JOB_CTRL_STREAM, ITA_JOB_SOFT_CLEAR});
    }
  }
  return rules;
}

std::vector<WakeRegister> wake_registers(const Observers& observers, const SocConfig& config,
                                         const AddressMap& map) {
  const std::map<std::string, AgentId> agents = agents_by_name(observers);
  std::vector<WakeRegister> registers;
  for (const MapRange& range : map.ranges()) {
    const auto agent = agents.find(range.name);
    const auto base = static_cast<std::uint32_t>(range.base);
    if (agent != agents.end() && range.target == AddressTarget::kIta &&
        config.ita.interface == ItaInterface::kJob) {
      registers.push_back({agent->second, base + ITA_JOB_WAKE_HART});
    }
  }
  return registers;
}

}  // namespace tessera
