"""A framework is a small interface: a toy one, of dual numbers, is judged as any other."""

import json
import subprocess
import sys
from contextlib import suppress
from types import MappingProxyType

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import comparisons
from comparisons.dtypes import float_type
from comparisons.engines.engine import Setting
from comparisons.frameworks.apart import ApartEngine
from comparisons.frameworks.array_framework import ArrayFramework
from comparisons.frameworks.engine import FrameworkEngine
from comparisons.frameworks.every import FRAMEWORKS, framework_named
from comparisons.frameworks.own import own
from comparisons.results.code.reproduction import reproduction


class Dual:
    """A value with a slope for each entry of the input that is differentiated by."""

    def __init__(self, value, slope=0.0):
        self.value, self.slope = np.asarray(value), np.asarray(slope)

    @property
    def shape(self):
        """Of the values."""
        return self.value.shape

    def __mul__(self, other):
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def __add__(self, other):
        return Dual(self.value + other.value, self.slope + other.slope)


def tanh(z):
    """By the textbook."""
    y = np.tanh(z.value)
    return Dual(y, z.slope * (1 - y * y).astype(y.dtype))


def silu(z):
    """By the textbook."""
    s = (1 / (1 + np.exp(-z.value))).astype(z.value.dtype)
    return Dual(z.value * s, z.slope * (s * (1 + z.value * (1 - s))))


class Toy(ArrayFramework):
    """Forward mode over numpy; a reverse mode for scalars L, an entry at a time."""

    name, title, distribution = "toy", "Toy", "numpy"
    dtypes, ways = ("float64", "float32"), ("reverse", "forward")
    imports = "from toy import *"
    functions = MappingProxyType(
        {
            "tanh": own("tanh(z)"),
            "softplus": own("plus(z)", "no threshold", threshold="inf"),
        }
    )
    names = MappingProxyType({"tanh": tanh})

    def array(self, values, dtype):
        """A number in itself."""
        return Dual(np.array(values, dtype=dtype.name))

    def numbers(self, array):
        """Its values."""
        return np.asarray(array.value, dtype=np.float64)

    def reshaped(self, array, shape):
        """Both parts."""
        return Dual(
            array.value.reshape(shape), np.broadcast_to(array.slope, array.shape).reshape(shape)
        )

    def total(self, weights, array):
        """Both parts."""
        product = weights * array
        return Dual(product.value.sum(), np.broadcast_to(product.slope, product.shape).sum())

    def reverse(self, function, arrays, cotangent):
        """An entry at a time of an output that is one number; all at once point by point."""
        if function(*arrays).shape:
            return self.forward(function, arrays, cotangent)
        found = []
        for i, array in enumerate(arrays):
            slopes = np.zeros(array.shape, array.value.dtype)
            for entry in np.ndindex(array.shape):
                unit = np.zeros(array.shape, array.value.dtype)
                unit[entry] = 1
                moved = [Dual(a.value, unit if k == i else 0.0) for k, a in enumerate(arrays)]
                slopes[entry] = function(*moved).slope
            found.append(Dual(slopes))
        return found

    def forward(self, function, arrays, cotangent):
        """A slope of ones, or the cotangent."""
        (z,) = arrays
        seed = np.ones_like(z.value) if cotangent is None else cotangent.value
        return [Dual(function(Dual(z.value, seed)).slope)]

    def keywords(self, dtype):
        """A type."""
        return f"dtype={dtype}"

    def full(self, value, keywords):
        """Of one number."""
        return f"full({value}, {keywords})"

    def full_like(self, name, value):
        """Of one number."""
        return f"full_like({name}, {value})"

    def listed(self, entries, keywords):
        """Of entries."""
        return f"array({entries}, {keywords})"

    def statement(self, way, shown):
        """A call."""
        return shown.printed(f"{way}(lambda {shown.name}: {shown.code})({shown.name})")


TOY = Toy()


def test_a_right_function_of_a_framework_passes():
    """By its definition: its gradient, other cotangents and points, and its values."""
    found = comparisons.check(tanh, "tanh(z)", framework=TOY)

    assert found.values > 10_000
    assert str(found.engine) == "toy reverse"
    assert str(found.verdict) == "agrees"  # 1 − y² cancels


def test_a_wrong_gradient_is_told_in_the_frameworks_words():
    """The message and the reproduction name the framework, not torch."""

    def wrong(z):
        return Dual(np.tanh(z.value), z.slope * z.value)

    with pytest.raises(comparisons.GradientMismatch) as told:
        comparisons.check(wrong, "tanh(z)", framework=TOY)

    assert "\n  toy          " in str(told.value)
    assert "torch" not in str(told.value).replace("test_frameworks", "")
    assert "from toy import *; " in str(told.value)


def test_a_wrong_value_beside_a_right_gradient_is_found():
    """A check asks for the values too."""

    def shifted(z):
        return tanh(z) + Dual(1e-3)

    assert comparisons.compare(shifted, "tanh(z)", framework=TOY).verdict.rank < 3
    with pytest.raises(comparisons.GradientMismatch, match="the value"):
        comparisons.check(shifted, "tanh(z)", framework=TOY)


def swiglu(a, b):
    """A gate of the toy's arrays."""
    return silu(a) * b


def swiglu_slightly_wrong(a, b):
    """Off by 10⁻⁵."""
    return silu(a) * b * Dual(np.float64(1.00001))


def _gate():
    draw = torch.Generator().manual_seed(1)
    return torch.randn(2, 3, generator=draw), torch.randn(1, 3, generator=draw)


def test_reference_is_plain_torch_code():
    """The captured graph knows no framework: every input and the value are judged by it."""
    found = comparisons.check(swiglu, *_gate(), reference=lambda a, b: F.silu(a) * b, framework=TOY)

    assert [found.subject.label(n) for n in found.adjoints] == ["a.grad", "b.grad", "y (the value)"]
    assert "(v_y * " in reproduction(found)


def test_a_function_that_is_not_its_reference_is_rejected():
    """10⁻⁵ is seen."""
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(
            swiglu_slightly_wrong, *_gate(), reference=lambda a, b: F.silu(a) * b, framework=TOY
        )


def test_a_reference_of_another_shape_is_refused():
    """Both have to return the same."""
    with pytest.raises(ValueError, match="both have to return the same"):
        comparisons.check(
            swiglu, *_gate(), reference=lambda a, b: (F.silu(a) * b).sum(0), framework=TOY
        )


def test_a_frameworks_own_function_is_judged_by_its_own_documentation():
    """softplus without a threshold is not torch's."""
    subject = TOY.subject("softplus")

    assert subject.framework == "toy"
    assert str(subject.definition.parameters["threshold"]) == "oo"


def test_every_way_of_a_framework_is_asked():
    """One truth for all of them."""
    table = comparisons.compare_engines("tanh", framework=TOY, dtype="float32")

    assert [*table] == ["toy reverse", "toy forward"]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: comparisons.compare("tanh", framework="jacks"), "unknown framework 'jacks'"),
        (lambda: comparisons.compare("gelu", framework=TOY), "Toy has no function for 'gelu'"),
        (
            lambda: comparisons.compare("tanh", framework=TOY, engine="jvp"),
            "Toy has no engine 'jvp'; it has reverse, forward",
        ),
        (lambda: comparisons.compare(tanh, framework=TOY), "needs a definition"),
        (
            lambda: comparisons.compare("tanh", framework=TOY, dtype="bfloat16"),
            "Toy does not differentiate in bfloat16; in float64, float32",
        ),
        (lambda: comparisons.compare(print, "z", framework=TOY), "does it return"),
        (
            lambda: comparisons.compare(lambda z: Dual(z.value.sum()), "z", framework=TOY),
            "keeps the shape of its input",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(ask, message):
    """What was given, and what there is."""
    with pytest.raises((TypeError, ValueError), match=message):
        ask()


@pytest.mark.parametrize(("dtype", "reads"), [("float32", 0.0), ("float64", 1e-310)])
def test_subnormal_numbers_are_read_as_0_in_the_types_that_flush_alone(dtype, reads):
    """In another type they are judged as they are."""

    class Flushing(Toy):
        flushes = ("float32",)

    read = FrameworkEngine(Flushing(), "reverse").read({"z": np.array([1e-310])}, float_type(dtype))

    assert read["z"].tolist() == [reads]


def test_what_is_wrong_at_a_subnormal_number_is_told_of_that_number():
    """Judged as at 0 it is; the code that is printed has to be given what the function was."""

    class Flushing(Toy):
        flushes = ("float32",)

    def wrong(z):
        slope = np.where((z.value != 0) & (np.abs(z.value) < 1e-38), np.nan, z.slope)
        return tanh(Dual(z.value, slope))

    found = comparisons.compare(wrong, "tanh(z)", framework=Flushing(), dtype="float32")
    (at,) = found.worst.inputs.values()

    assert np.isnan(found.worst.computed)
    assert 0 < abs(at) < 1e-38
    assert float(at).hex()[:6] in reproduction(found)


def test_a_framework_that_is_not_installed_is_named_with_its_line():
    """And nothing else fails."""

    class Absent(Toy):
        name, title, distribution = "absent", "Absent", "no-such-distribution-anywhere"

    with pytest.raises(ModuleNotFoundError, match=r"pip install 'symdiff-autograd\[absent\]'"):
        comparisons.compare("tanh", framework=Absent())


def test_an_engine_takes_functions_of_its_own_framework_only():
    """torch's engines do not differentiate dual numbers, nor the toy torch's tensors."""
    with pytest.raises(ValueError, match="is a function of torch, not of toy"):
        comparisons.compare("tanh", engine=FrameworkEngine(TOY, "reverse"))


def test_no_framework_is_imported_before_it_is_asked():
    """Their names are known all the same. Nor is the catalogue, which own code does not need."""
    names = [n for n in FRAMEWORKS if n != "torch"] + ["symdiff.catalogue.activations"]
    code = (
        "import sys, comparisons.verbs, comparisons.frameworks.every; "
        f"print([n for n in {names} if n in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


FUNCTIONS = [(f, name) for f in FRAMEWORKS.values() for name in f.functions]


@pytest.mark.parametrize(("framework", "name"), FUNCTIONS, ids=str)
def test_each_function_has_a_definition(framework, name):
    """In one variable, under the catalogue's name."""
    own_definition = framework.own(name).definition(name)

    assert own_definition.variables == ("z",)


ORDINARY = """
import json, numpy as np, comparisons
from comparisons.frameworks.every import FRAMEWORKS
at = {{"z": np.array([0.3, 0.45, 0.7])}}
found = {{
    f: comparisons.compare(f, framework={name!r}, dtype="float32", inputs=at).bulk_ulp
    for f in FRAMEWORKS[{name!r}].functions
}}
print(json.dumps(found))
"""
WAYS = """
import json, comparisons
from comparisons.frameworks.every import FRAMEWORKS
from comparisons.results.code.reproduction import reproduction
found = [
    comparisons.compare("tanh", framework={name!r}, engine=way, dtype="float32")
    for way in FRAMEWORKS[{name!r}].ways
]
print(json.dumps([(reproduction(f), f.worst.computed) for f in found]))
"""


@pytest.mark.parametrize("name", [n for n in FRAMEWORKS if n != "torch"])
class TestWhatIsInstalled:
    """Run where the framework is there, in a process without the others: they crash each other."""

    def test_its_functions_run_and_are_sound_where_they_are_smooth(self, name):
        """At ordinary points in float32: none is far off its documented definition."""
        _installed(name)
        found = json.loads(_printed(ORDINARY.format(name=name)))

        assert found
        assert {f: ulp for f, ulp in found.items() if ulp > 64} == {}

    def test_it_flushes_in_the_types_in_which_it_says_so(self, name):
        """relu's slope at a quarter of the smallest normal number is 1, or 0 as at 0."""
        framework, told = _installed(name), {}
        if "relu" not in framework.functions:
            pytest.skip("has no relu to tell by")
        engine, subject = ApartEngine(framework, "reverse", "relu"), framework.subject("relu")
        for dtype in map(float_type, framework.dtypes):
            small = {"z": np.full(64, dtype.smallest_normal / 4)}
            with suppress(TypeError):  # no kernel of the type
                found = engine.gradients(subject, small, Setting(dtype))
                told[dtype.name] = found.values["z"][0] == 0.0

        assert "float32" in told
        assert [d for d, flushes in told.items() if flushes] == [*framework.flushes]

    def test_a_gradient_is_a_number_of_its_type(self, name):
        """As an array has it, not as a register that is wider: 2z overflows float16 at 40,000."""
        framework = _installed(name)
        subject, at = framework.subject("square"), {"z": np.full(64, 40_000.0)}
        engine = ApartEngine(framework, "reverse", "square")
        try:
            found = engine.gradients(subject, at, Setting(float_type("float16"))).values["z"]
        except TypeError as told:
            pytest.skip(str(told))

        assert np.isposinf(found).all()

    def test_each_way_gives_the_gradient_that_its_statement_prints(self, name):
        """The printed line alone, in a process of its own."""
        framework = _installed(name)
        found = json.loads(_printed(WAYS.format(name=name)))

        assert len(found) == len(framework.ways)
        for line, computed in found:
            assert float(_printed(line)) == computed, line


def _installed(name):
    framework = framework_named(name)
    if framework.missing():
        pytest.skip(framework.missing())
    return framework


def _printed(code):
    """The last line that code prints in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    return told.stdout.splitlines()[-1]
