// SPDX-License-Identifier: BSL-1.0
// A sequence with a fixed capacity and no heap, for trivially copyable elements.
#ifndef HUBWIRE_CORE_FIXED_LIST_HPP
#define HUBWIRE_CORE_FIXED_LIST_HPP

#include <cstddef>
#include <type_traits>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

/// The logic of a fixed list. The capacity is no template argument, so that each capacity costs storage and
/// no code. Does not own its elements.
template <class T>
class list_base {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  list_base(list_base const&) = delete;
  list_base& operator=(list_base const&) = delete;

  constexpr std::size_t size() const noexcept { return size_; }
  constexpr std::size_t capacity() const noexcept { return capacity_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr bool full() const noexcept { return size_ == capacity_; }
  constexpr T* begin() noexcept { return items_; }
  constexpr T* end() noexcept { return items_ + size_; }
  constexpr T const* begin() const noexcept { return items_; }
  constexpr T const* end() const noexcept { return items_ + size_; }
  /// The element at index, which is less than size().
  constexpr T& operator[](std::size_t index) noexcept {
    HUBWIRE_ASSERT(index < size_);
    return items_[index];
  }
  constexpr T const& operator[](std::size_t index) const noexcept {
    HUBWIRE_ASSERT(index < size_);
    return items_[index];
  }

  /// Appends item. Returns false, and changes nothing, when the list is full.
  [[nodiscard]] constexpr bool push_back(T const& item) noexcept {
    if (full()) return false;
    items_[size_++] = item;
    return true;
  }
  /// Removes one element and keeps the order of the others; index < size().
  constexpr void erase(std::size_t index) noexcept {
    HUBWIRE_ASSERT(index < size_);
    --size_;
    for (T* item = items_ + index; item != items_ + size_; ++item) item[0] = item[1];
  }
  constexpr void clear() noexcept { size_ = 0; }

 protected:
  constexpr list_base(T* items, std::size_t capacity) noexcept : items_(items), capacity_(capacity) {}
  ~list_base() = default;

 private:
  // INVARIANT: size_ <= capacity_; items_ points to capacity_ elements of the derived owner.
  T* items_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

/// A list that owns its elements. It is neither copied nor moved, since its base points into it.
template <class T, std::size_t Capacity>
class fixed_list : public list_base<T> {
  static_assert(Capacity > 0);

 public:
  constexpr fixed_list() noexcept : list_base<T>(items_, Capacity) {}

 private:
  T items_[Capacity]{};
};

}}  // namespace hubwire

#endif
