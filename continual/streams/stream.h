#pragma once

#include <engram/autograd/random.h>
#include <engram/data/dataset.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engram::continual {

/// What a sequence of tasks asks of a network with one row of outputs.
/// (van de Ven & Tolias, "Three scenarios for continual learning", arXiv 1904.07734)
enum class Scenario {
  task,     ///< each task has outputs of its own, and it is known which task a sample is from
  domain,   ///< all tasks share the outputs, and it is not known
  classes,  ///< each task has outputs of its own, and a sample may be from any task seen so far
};

/// The outputs [begin, end) of a network.
struct Outputs {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  std::int64_t size() const { return end - begin; }
  bool operator==(const Outputs&) const = default;
};

/// One of the tasks that a network learns one after the other.
struct Task {
  int number;  ///< from 0
  std::string name;
  data::Dataset train;  ///< labels (N,) of i64: the number of the output that stands for the class
  data::Dataset test;
  Outputs outputs;  ///< of the task's classes
  Scenario scenario = Scenario::domain;
};

/// What is random for one purpose in the task of this number: a stream of its own for each.
RandomStream random_stream(std::uint64_t seed, std::string_view purpose, int number);

/// The outputs that compete for a sample of `task`, in a network whose latest task is `latest`:
/// the task's own, or in the scenario of classes all that either task has seen.
Outputs active_outputs(const Task& task, const Task& latest);
/// The same from the outputs `own` of the task and `latest` of the latest.
Outputs active_outputs(Scenario scenario, const Outputs& own, const Outputs& latest);

/// A data set has at most so many classes: what is made for each class fits into memory, and sums
/// and products with the number of a task fit into an i64.
inline constexpr std::int64_t max_classes = std::int64_t{1} << 24;

/// How many classes there are: the largest label and 1. DTypeError or ShapeError unless the labels
/// are i64 of shape (N,); DataError when one is below 0, or not below `max_classes`.
std::int64_t class_count(const data::Dataset& dataset);

/// How many outputs a network needs for this many tasks of as many classes each. Error for a
/// negative number of tasks, and for classes not in [0, max_classes].
std::int64_t output_count(Scenario scenario, int tasks, std::int64_t classes);

/// A task with labels 0 to classes - 1, as the scenario has it: in the scenarios of tasks and of
/// classes the labels move to outputs of their own, number·classes and on. Error for classes not in
/// [0, max_classes].
Task in_scenario(Scenario scenario, Task task, std::int64_t classes);
/// The same for tasks with different numbers of classes: labels move up to begin at own.begin,
/// which is 0 for all in the scenario of domains.
Task in_scenario(Scenario scenario, Task task, const Outputs& own);

/// A sequence of tasks, each of which is made when it is asked for.
class Stream {
 public:
  /// `make` gives the task of a number from 0 to size - 1, always the same; `outputs` is how many
  /// the network must have for all of them.
  Stream(int size, std::int64_t outputs, std::function<Task(int number)> make)
      : size_(size), outputs_(outputs), make_(std::move(make)) {}

  int size() const { return size_; }
  std::int64_t outputs() const { return outputs_; }
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
  std::int64_t outputs_;
  std::function<Task(int)> make_;
};

/// One of the data sets of a stream of one's own.
struct NamedData {
  std::string name;
  data::Dataset train;  ///< labels from 0 on in every one of the data sets
  data::Dataset test;
};

/// A stream of one's own data sets, in this order.
///
///     const continual::Stream tasks = continual::stream_of({{"digits", digits.train, digits.test},
///                                                 {"clothes", clothes.train, clothes.test}},
///                                                continual::Scenario::task);
///
/// In the scenarios of tasks and of classes each gets as many outputs as it has classes, after
/// those of the one before; in the scenario of domains they share as many as the one with the most
/// has. Streams whose tasks are made when they are asked for: see the constructor of `Stream`.
///
/// DataError for a data set without samples to train or to test; ShapeError or DTypeError when the
/// samples, as they are before `map`, differ in shape, or in the dtype that batches of them have;
/// the errors of `class_count`.
Stream stream_of(std::vector<NamedData> sets, Scenario scenario = Scenario::domain);

}  // namespace engram::continual
