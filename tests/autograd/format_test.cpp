#include <engram/autograd/create.h>
#include <engram/autograd/format.h>
#include <engram/autograd/ops/shaping.h>

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <limits>
#include <string>

using namespace engram;

// The expected texts are what NumPy 1.24 prints for the same arrays.

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

std::string print(const Tensor& x) { return fmt::format("{}", x); }

}  // namespace

TEST_CASE("floats are aligned at the point") {
  CHECK(print(tensor({1, 2.5, -3})) == "[ 1.   2.5 -3. ]");
  CHECK(print(tensor({0, 0})) == "[0. 0.]");
  CHECK(print(tensor({0.1, 0.7})) == "[0.1 0.7]");
  CHECK(print(tensor({0.1, 0.7}, f64)) == "[0.1 0.7]");
}

TEST_CASE("at most 8 digits stand behind the point") {
  CHECK(print(tensor({1. / 3, 1, 100})) == "[  0.33333334   1.         100.        ]");
  CHECK(print(tensor({1. / 3}, f64)) == "[0.33333333]");
  CHECK(print(tensor({0.1234567891, 12}, f64)) == "[ 0.12345679 12.        ]");
  CHECK(print(tensor({0x1p-9}, f64)) == "[0.00195312]");  // halfway: to the even digit
}

TEST_CASE("exponents where a number is large or small, or they are far apart") {
  CHECK(print(tensor({1e8, 1})) == "[1.e+08 1.e+00]");
  CHECK(print(tensor({1e-5, 1.5}, f64)) == "[1.0e-05 1.5e+00]");
  CHECK(print(tensor({1e100, -2}, f64)) == "[ 1.e+100 -2.e+000]");
  CHECK(print(tensor({123456.789, 0.001}, f64)) == "[1.23456789e+05 1.00000000e-03]");
  CHECK(print(tensor({-1.5e-6, 3e7})) == "[-1.5e-06  3.0e+07]");
}

TEST_CASE("numbers that are none, and negative zero") {
  CHECK(print(tensor({no_number, -infinite, 1.5, -0.0}, f64)) == "[ nan -inf  1.5 -0. ]");
  CHECK(print(tensor({no_number, infinite})) == "[nan inf]");
}

TEST_CASE("integers are aligned at the right") {
  CHECK(print(tensor({1, 10, 100, -1}, {2, 2}, i64)) == "[[  1  10]\n [100  -1]]");
  CHECK(print(tensor({0, 255}, u8)) == "[  0 255]");
  CHECK(print(full({1}, -0x1p63, i64)) == "[-9223372036854775808]");
}

TEST_CASE("booleans are words") {
  CHECK(print(tensor({1, 0, 0, 1}, {2, 2}, boolean)) == "[[ true false]\n [false  true]]");
  CHECK(print(ones({2}, boolean)) == "[true true]");
  CHECK(print(scalar(0, boolean)) == "false");
  CHECK(print(zeros({0}, boolean)) == "[]");
}

TEST_CASE("a scalar has all its digits") {
  CHECK(print(scalar(0.1)) == "0.1");
  CHECK(print(scalar(1. / 3)) == "0.33333334");
  CHECK(print(scalar(1. / 3, f64)) == "0.3333333333333333");
  CHECK(print(scalar(-7)) == "-7.0");
  CHECK(print(scalar(-0.0)) == "-0.0");
  CHECK(print(scalar(1e20, f64)) == "1e+20");
  CHECK(print(scalar(2.5e-7)) == "2.5e-07");
  CHECK(print(scalar(no_number)) == "nan");
  CHECK(print(scalar(-infinite)) == "-inf");
  CHECK(print(scalar(42, i64)) == "42");
}

TEST_CASE("brackets nest, and blank lines part the matrices") {
  CHECK(print(reshape(arange(0, 8), {2, 2, 2})) ==
        "[[[0. 1.]\n"
        "  [2. 3.]]\n"
        "\n"
        " [[4. 5.]\n"
        "  [6. 7.]]]");
  CHECK(print(tensor({7}, {1, 1}, i64)) == "[[7]]");
}

TEST_CASE("an empty tensor, and an undefined one") {
  CHECK(print(zeros({0})) == "[]");
  CHECK(print(zeros({3, 0}, i64)) == "[]");
  CHECK(print(Tensor()) == "undefined");
}

TEST_CASE("lines are wrapped at 75 characters") {
  CHECK(print(arange(0, 30)) ==
        "[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.\n"
        " 18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.]");
}

TEST_CASE("above 1000 elements only the edges are printed") {
  CHECK(print(arange(1001)) == "[   0    1    2 ...  998  999 1000]");
  CHECK(print(arange(1000)).find("...") == std::string::npos);
  CHECK(print(zeros({1001, 1})) ==
        "[[0.]\n"
        " [0.]\n"
        " [0.]\n"
        " ...\n"
        " [0.]\n"
        " [0.]\n"
        " [0.]]");
  CHECK(print(reshape(arange(2 * 6 * 100), {2, 6, 100})) ==
        "[[[   0    1    2 ...   97   98   99]\n"
        "  [ 100  101  102 ...  197  198  199]\n"
        "  [ 200  201  202 ...  297  298  299]\n"
        "  [ 300  301  302 ...  397  398  399]\n"
        "  [ 400  401  402 ...  497  498  499]\n"
        "  [ 500  501  502 ...  597  598  599]]\n"
        "\n"
        " [[ 600  601  602 ...  697  698  699]\n"
        "  [ 700  701  702 ...  797  798  799]\n"
        "  [ 800  801  802 ...  897  898  899]\n"
        "  [ 900  901  902 ...  997  998  999]\n"
        "  [1000 1001 1002 ... 1097 1098 1099]\n"
        "  [1100 1101 1102 ... 1197 1198 1199]]]");
}
