// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/ita/array_file.h"

#include <cstring>
#include <stdexcept>

#include <fmt/format.h>

namespace tessera::test {

namespace {

void read_bytes(std::istream& stream, void* data, std::size_t bytes) {
  if (!stream.read(static_cast<char*>(data), static_cast<std::streamsize>(bytes))) {
    throw std::runtime_error("the arrays end in the middle");
  }
}

std::uint32_t read_u32(std::istream& stream) {
  std::uint32_t value = 0;
  read_bytes(stream, &value, sizeof value);
  return value;
}

std::string describe(char type, const ArrayFile::Shape& shape) {
  const char* name = type == 'b' ? "int8" : type == 'B' ? "uint8" : "int32";
  std::string text = name;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += fmt::format("{}[{}]", i == 0 ? " " : "", shape[i]);
  }
  return text;
}

}  // namespace

ArrayFile::ArrayFile(std::istream& stream) {
  while (stream.peek() != std::istream::traits_type::eof()) {
    std::string name(read_u32(stream), '\0');
    read_bytes(stream, name.data(), name.size());
    Array array{};
    read_bytes(stream, &array.type, 1);
    std::size_t bytes = array.type == 'i' ? sizeof(std::int32_t) : 1;
    for (std::uint32_t left = read_u32(stream); left > 0; --left) {
      array.shape.push_back(read_u32(stream));
      bytes *= array.shape.back();
    }
    array.bytes.resize(bytes);
    read_bytes(stream, array.bytes.data(), bytes);
    arrays_.emplace(name, std::move(array));
  }
}

const ArrayFile::Array& ArrayFile::find(const std::string& name) const {
  const auto place = arrays_.find(name);
  if (place == arrays_.end()) {
    throw std::runtime_error(fmt::format("array '{}' is missing", name));
  }
  return place->second;
}

const ArrayFile::Shape& ArrayFile::shape(const std::string& name, std::size_t rank) const {
  const Array& array = find(name);
  if (array.shape.size() != rank) {
    throw std::runtime_error(fmt::format("array '{}' is {}, expected {} dimensions", name,
                                         describe(array.type, array.shape), rank));
  }
  return array.shape;
}

template <typename Element>
std::vector<Element> ArrayFile::elements(const std::string& name, char type,
                                         const Shape& shape) const {
  const Array& array = find(name);
  if (array.type != type || array.shape != shape) {
    throw std::runtime_error(fmt::format("array '{}' is {}, expected {}", name,
                                         describe(array.type, array.shape), describe(type, shape)));
  }
  std::vector<Element> values(array.bytes.size() / sizeof(Element));
  std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  return values;
}

std::vector<std::int8_t> ArrayFile::int8(const std::string& name, const Shape& shape) const {
  return elements<std::int8_t>(name, 'b', shape);
}

std::vector<std::uint8_t> ArrayFile::uint8(const std::string& name, const Shape& shape) const {
  return elements<std::uint8_t>(name, 'B', shape);
}

std::vector<std::int32_t> ArrayFile::int32(const std::string& name, const Shape& shape) const {
  return elements<std::int32_t>(name, 'i', shape);
}

std::string ArrayFile::text(const std::string& name) const {
  const std::vector<std::uint8_t> characters = uint8(name, shape(name, 1));
  return {characters.begin(), characters.end()};
}

}  // namespace tessera::test
