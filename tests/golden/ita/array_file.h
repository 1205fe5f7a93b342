// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <map>
#include <string>
#include <vector>

namespace tessera::test {

/// Named arrays as tests/golden/ita/check.py writes them from an .npz file.
/// Format, little-endian, per array: u32 length and characters of the name, one character type
/// ('b' int8, 'B' uint8, 'i' int32), u32 number of dimensions, u32 each, elements row-major.
class ArrayFile {
 public:
  using Shape = std::vector<std::size_t>;

  /// Throws std::runtime_error when the stream ends inside an array.
  explicit ArrayFile(std::istream& stream);

  bool contains(const std::string& name) const { return arrays_.count(name) != 0; }
  /// Shape of an array; throws std::runtime_error when it is missing or has not `rank` dimensions.
  const Shape& shape(const std::string& name, std::size_t rank) const;
  /// Elements of an array. Throws std::runtime_error, naming the array and what was found, when it
  /// is missing, or not of this element type and shape.
  std::vector<std::int8_t> int8(const std::string& name, const Shape& shape) const;
  std::vector<std::uint8_t> uint8(const std::string& name, const Shape& shape) const;
  std::vector<std::int32_t> int32(const std::string& name, const Shape& shape) const;
  /// A uint8 array of one dimension as text.
  std::string text(const std::string& name) const;

 private:
  struct Array {
    char type;
    Shape shape;
    std::vector<char> bytes;
  };
  const Array& find(const std::string& name) const;
  template <typename Element>
  std::vector<Element> elements(const std::string& name, char type, const Shape& shape) const;

  std::map<std::string, Array> arrays_;
};

}  // namespace tessera::test
