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

/// The scenarios of continual learning, for a network with one row of outputs. (van de Ven &
/// Tolias, "Three scenarios for continual learning", arXiv 1904.07734)
enum class Scenario {
  task,     ///< task-incremental: each task has its own outputs, and a sample's task is known
  domain,   ///< domain-incremental: all tasks share the outputs, a sample's task is unknown
  classes,  ///< class-incremental: each task has its own outputs, a sample's task is unknown
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
  data::Dataset train;  ///< labels (N,) of i64: the index of the class's output
  data::Dataset test;
  Outputs outputs;  ///< of the task's classes
  Scenario scenario = Scenario::domain;
};

/// A random stream of its own for each purpose and each task.
RandomStream random_stream(std::uint64_t seed, std::string_view purpose, int number);

/// The active classes for a sample of `task`, in a network whose latest task is `latest`: the
/// outputs that the softmax is over. They are the task's own, or in class-incremental learning all
/// outputs up to the end of either task's.
Outputs active_outputs(const Task& task, const Task& latest);
/// The same from the outputs `own` of the task and `latest` of the latest task.
Outputs active_outputs(Scenario scenario, const Outputs& own, const Outputs& latest);

/// The largest number of classes of a data set: arrays over classes fit into memory, and sums and
/// products with a task's number into an i64.
inline constexpr std::int64_t max_classes = std::int64_t{1} << 24;

/// The number of classes: the largest label and 1. DTypeError or ShapeError unless the labels are
/// i64 of shape (N,); DataError when one is below 0, or not below `max_classes`.
std::int64_t class_count(const data::Dataset& dataset);

/// The number of outputs of a network for `tasks` tasks of `classes` classes each. Error for a
/// negative number of tasks, and for classes not in [0, max_classes].
std::int64_t output_count(Scenario scenario, int tasks, std::int64_t classes);

/// A task with labels 0 to classes - 1 in a scenario: in task- and class-incremental learning the
/// labels are shifted by number·classes, to outputs of the task's own. Error for classes not in [0,
/// max_classes].
Task in_scenario(Scenario scenario, Task task, std::int64_t classes);
/// The same for tasks with different numbers of classes: labels are shifted by own.begin, which is
/// 0 for all tasks in domain-incremental learning.
Task in_scenario(Scenario scenario, Task task, const Outputs& own);

/// A sequence of tasks, each made when accessed.
class Stream {
 public:
  /// `make` returns the task of a number from 0 to size - 1, always the same; `outputs` is the
  /// number of outputs of a network for all tasks.
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

/// A data set of `stream_of`.
struct NamedData {
  std::string name;
  data::Dataset train;  ///< labels from 0 on in each of the data sets
  data::Dataset test;
};

/// A stream of one's own data sets, in this order.
///
///     const continual::Stream tasks = continual::stream_of({{"digits", digits.train, digits.test},
///                                                 {"clothes", clothes.train, clothes.test}},
///                                                continual::Scenario::task);
///
/// In task- and class-incremental learning each data set gets as many outputs as it has classes,
/// after those of the previous one; in domain-incremental learning all share the outputs, as many
/// as the most classes. For tasks that are made when accessed, see the constructor of `Stream`.
///
/// DataError for a data set without samples to train or to test; ShapeError or DTypeError when
/// samples (before `map`) differ in shape, or batches of them in dtype; the errors of
/// `class_count`.
Stream stream_of(std::vector<NamedData> sets, Scenario scenario = Scenario::domain);

}  // namespace engram::continual
