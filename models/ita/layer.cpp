// SPDX-License-Identifier: Apache-2.0
#include "models/ita/layer.h"

namespace tessera::ita {

namespace {

/// Everything of a product after its operands have been widened.
struct Epilogue {
  const std::int32_t* bias = nullptr;
  BiasDirection bias_direction = BiasDirection::kPerColumn;
  Requant requant{};
  Activation activation{};
};

std::vector<std::int8_t> product(const std::vector<std::int16_t>& streamed,
                                 const std::vector<std::int16_t>& stationary,
                                 const ProductShape& shape, const Epilogue& epilogue,
                                 const FlavourParameters& flavour) {
  std::vector<std::int32_t> sums(shape.rows * shape.columns);
  multiply_accumulate(streamed.data(), stationary.data(), sums.data(), shape);
  std::vector<std::int8_t> output(sums.size());
  for (std::size_t r = 0; r < shape.rows; ++r) {
    for (std::size_t c = 0; c < shape.columns; ++c) {
      const std::size_t i = r * shape.columns + c;
      std::int64_t sum = sums[i];
      if (epilogue.bias != nullptr) {
        sum += epilogue.bias[epilogue.bias_direction == BiasDirection::kPerRow ? r : c];
      }
      output[i] = activate(
          requantise(wrap_signed(sum, flavour.accumulator_bits), epilogue.requant, flavour),
          epilogue.activation, flavour);
    }
  }
  return output;
}

template <typename Element>
std::vector<std::int16_t> widen(const Element* elements, std::size_t count) {
  return {elements, elements + count};
}

Requant constant_of(Phase phase, const HeadOperands& operands, const FlavourParameters& flavour) {
  Requant requant = operands.requant[flavour.constant_index[static_cast<std::size_t>(phase)]];
  if (phase == Phase::kOW && flavour.is_output_add_int8) {
    requant.add = static_cast<std::int32_t>(wrap_signed(requant.add, 8));
  }
  return requant;
}

}  // namespace

std::vector<std::int8_t> linear(const LinearOperands& operands, const FlavourParameters& flavour) {
  const ProductShape& shape = operands.shape;
  return product(widen(operands.streamed, shape.rows * shape.depth),
                 widen(operands.stationary, shape.columns * shape.depth), shape,
                 {operands.bias, operands.bias_direction, operands.requant, operands.activation},
                 flavour);
}

std::vector<std::uint8_t> softmax(const std::vector<std::int8_t>& logits, std::size_t columns,
                                  const FlavourParameters& flavour) {
  std::vector<std::uint8_t> probabilities(logits.size());
  for (std::size_t start = 0; start < logits.size(); start += columns) {
    SoftmaxRow row;
    softmax_accumulate(row, logits.data() + start, columns, flavour);
    softmax_finish(row, flavour);
    for (std::size_t i = start; i < start + columns; ++i) {
      probabilities[i] = softmax_probability(row, logits[i], flavour);
    }
  }
  return probabilities;
}

HeadResult attention_head(const HeadOperands& operands, const FlavourParameters& flavour) {
  const auto [s, e, p] = operands.shape;
  const auto requant = [&](Phase phase) { return constant_of(phase, operands, flavour); };
  HeadResult result;
  result.q = linear({{s, p, e},
                     operands.q.data(),
                     operands.wq_transposed.data(),
                     operands.bq.data(),
                     BiasDirection::kPerColumn,
                     requant(Phase::kQ),
                     {}},
                    flavour);
  result.k = linear({{s, p, e},
                     operands.k.data(),
                     operands.wk_transposed.data(),
                     operands.bk.data(),
                     BiasDirection::kPerColumn,
                     requant(Phase::kK),
                     {}},
                    flavour);
  result.v_transposed = linear({{p, s, e},
                                operands.wv_transposed.data(),
                                operands.k.data(),
                                operands.bv.data(),
                                BiasDirection::kPerRow,
                                requant(Phase::kV),
                                {}},
                               flavour);
  result.logits = linear({{s, s, p},
                          result.q.data(),
                          result.k.data(),
                          nullptr,
                          BiasDirection::kPerColumn,
                          requant(Phase::kQK),
                          {}},
                         flavour);
  result.probabilities = softmax(result.logits, s, flavour);
  result.av =
      product(widen(result.probabilities.data(), s * s), widen(result.v_transposed.data(), p * s),
              {s, p, s}, {nullptr, BiasDirection::kPerColumn, requant(Phase::kAV), {}}, flavour);
  result.output = linear({{s, e, p},
                          result.av.data(),
                          operands.wo_transposed.data(),
                          operands.bo.data(),
                          BiasDirection::kPerColumn,
                          requant(Phase::kOW),
                          {}},
                         flavour);
  return result;
}

}  // namespace tessera::ita
