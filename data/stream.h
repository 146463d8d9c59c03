#pragma once

#include <engram/data/dataset.h>

#include <functional>
#include <string>

namespace engram::data {

/// One of the tasks that a network learns one after the other.
struct Task {
  int number;  ///< from 0
  std::string name;
  Dataset train;
  Dataset test;
};

/// A sequence of tasks, each of which is made when it is asked for.
class Stream {
 public:
  Stream(int size, std::function<Task(int number)> make) : size_(size), make_(std::move(make)) {}

  int size() const { return size_; }
  /// Error when there is no such task.
  Task operator[](int number) const {
    check(number >= 0 && number < size_, "Stream: there is no task {}, there are {}", number,
          size_);
    return make_(number);
  }

  class Iterator {
   public:
    using value_type = Task;
    using difference_type = int;

    Iterator(const Stream* stream, int number) : stream_(stream), number_(number) {}
    Task operator*() const { return (*stream_)[number_]; }
    Iterator& operator++() {
      ++number_;
      return *this;
    }
    void operator++(int) { ++number_; }
    bool operator==(const Iterator& other) const = default;

   private:
    const Stream* stream_;
    int number_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size_}; }

 private:
  int size_;
  std::function<Task(int)> make_;
};

}  // namespace engram::data
