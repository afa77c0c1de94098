"""One thing wrong each: every function breaks a freshly imported torch in the way its name says.

The decorator names the check that must then fail. A function may return another object to hand to the check in
place of torch. Nothing here imports torch, so the test reads the table under any interpreter.
"""

# It replaces what torch and the standard library are made of, which no type allows.
# mypy: disable-error-code="assignment, method-assign, attr-defined, no-redef, func-returns-value, redundant-expr"

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any

Break = Callable[[Any], Any]
"""Takes torch, which is Any as in the checks: it is the target's own, of any age."""
TABLE: list[tuple[str, str]] = []
"""(file stem of the check, name of the sabotage)"""


def breaks(*stems: str) -> Callable[[Break], Break]:
    def enter(function: Break) -> Break:
        TABLE.extend((stem, function.__name__) for stem in stems)
        return function

    return enter


def bend(torch: Any, name: str, change: Any) -> None:
    """From now on the results of one native operation pass through `change`, in backward too."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Bent(TorchDispatchMode):  # type: ignore[misc] # torch is Any
        def __torch_dispatch__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            result = function(*args, **(kwargs or {}))
            return change(result) if function._schema.name == "aten::" + name else result

    Bent().__enter__()


def one_element(factor: float) -> Any:
    """Multiplies the first element of the first float tensor of size, in place."""

    def change(result: Any) -> Any:
        first = next(
            t for t in (result if isinstance(result, (tuple, list)) else [result]) if t is not None
        )
        if first.is_floating_point() and first.numel():
            first.view(-1)[0].mul_(factor) if first.is_contiguous() else first[
                (0,) * first.dim()
            ].mul_(factor)
        return result

    return change


def float32_only(factor: float) -> Any:
    """As one_element, but leaves the float64 reference alone."""
    change = one_element(factor)
    return lambda result: change(result) if str(result.dtype) == "torch.float32" else result


def whole(factor: float) -> Any:
    """Multiplies every float tensor of the result, in place."""

    def change(result: Any) -> Any:
        for tensor in result if isinstance(result, (tuple, list)) else [result]:
            if tensor is not None and tensor.is_floating_point():
                tensor.mul_(factor)
        return result

    return change


def bent(stems: Any, operation: str, change: Any, name: str) -> None:
    """Adds a sabotage of one native operation to the table."""

    def sabotage(torch: Any) -> None:
        bend(torch, operation, change)

    sabotage.__name__ = name
    globals()[name] = breaks(*stems.split())(sabotage)


def wrap(owner: Any, name: str, make: Any) -> None:
    setattr(owner, name, make(getattr(owner, name)))


# -- import ----------------------------------------------------------------------------------------------


@breaks("torch_import")
def module_of_another_version(torch: Any) -> None:
    torch.__version__ = "2.0.1"


@breaks("torch_import")
def metadata_of_another_version(torch: Any) -> None:
    import importlib.metadata

    importlib.metadata.Distribution.version = property(lambda self: "1.13.1")


@breaks("torch_import")
def library_cut_short(torch: Any) -> None:
    wrap(os.path, "getsize", lambda size: lambda path: size(path) - 1)


def _tag(text: Any) -> None:
    import importlib.metadata

    def make(read: Any) -> Any:
        return lambda self, name: text if name == "WHEEL" else read(self, name)

    wrap(importlib.metadata.PathDistribution, "read_text", make)


@breaks("torch_import")
def wheel_of_another_python(torch: Any) -> None:
    _tag("Tag: cp27-cp27mu-manylinux_2_28_x86_64")


@breaks("torch_import")
def wheel_of_another_processor(torch: Any) -> None:
    _tag("Tag: {0}-{0}-manylinux_2_28_s390x".format("cp{}{}".format(*sys.version_info)))


# -- arithmetic, products, decompositions -----------------------------------------------------------------

for _name in (
    "add.Tensor",
    "mul.Tensor",
    "sub.Tensor",
    "div.Tensor",
    "sum",
    "exp",
    "erf",
    "rsqrt",
    "mean",
):
    _short = _name.split(".")[0]
    bent("tensor_arithmetic", _short, float32_only(1.001), f"{_short}_off_in_one_element")


@breaks("tensor_arithmetic")
def nan_equals_itself(torch: Any) -> None:
    bend(torch, "eq", lambda result: result.fill_(True))


@breaks("tensor_arithmetic")
def sort_leaves_two_unsorted(torch: Any) -> None:
    def swap(result: Any) -> Any:
        result[0][:2] = result[0][:2].flip(0).clone()
        return result

    bend(torch, "sort", swap)


@breaks("tensor_arithmetic")
def int8_saturates(torch: Any) -> None:
    bend(torch, "add", lambda r: r.fill_(127) if r.dtype == torch.int8 and r.numel() == 1 else r)


bent("matmul", "mm", one_element(1.001), "mm_off_in_one_element")
bent("matmul", "bmm", one_element(1.001), "bmm_off_in_one_element")
bent("matmul", "addmm", one_element(1.001), "addmm_off_in_one_element")
bent("matmul", "mv", one_element(1.001), "mv_off_in_one_element")


@breaks("matmul")
def product_in_tensorfloat32(torch: Any) -> None:
    def make(matmul: Any) -> Any:
        def shortened(a: Any, b: Any) -> Any:
            if a.dtype != torch.float32:
                return matmul(a, b)
            cut = [(t.contiguous().view(torch.int32) & ~0x1FFF).view(torch.float32) for t in (a, b)]
            return matmul(*cut)

        return shortened

    wrap(torch, "matmul", make)


@breaks("matmul")
def bfloat16_one_percent_high(torch: Any) -> None:
    bend(torch, "mm", lambda r: r.mul_(1.01) if r.dtype == torch.bfloat16 else r)


@breaks("matmul")
def integer_product_off_by_one(torch: Any) -> None:
    bend(torch, "mm", lambda r: r.add_(1) if r.dtype == torch.int64 else r)


for _name in (
    "_linalg_svd",
    "linalg_qr",
    "linalg_cholesky_ex",
    "_linalg_eigh",
    "_linalg_solve_ex",
    "linalg_inv_ex",
):
    bent("linalg", _name, one_element(1.01), f"{_name.strip('_')}_off_in_one_element")
bent("linalg", "_linalg_det", whole(-1), "determinant_of_the_wrong_sign")


# -- gradients -------------------------------------------------------------------------------------------

bent("autograd", "tanh_backward", whole(1.001), "gradient_of_tanh_scaled")
bent("autograd dynamic_graph mlp_train", "mm", whole(1.01), "products_one_percent_high")
bent("autograd", "_log_softmax_backward_data", whole(-1), "gradient_of_log_softmax_negated")
bent("autograd", "sigmoid_backward", whole(1.01), "gradient_of_sigmoid_scaled")


@breaks("autograd")
def second_derivative_scaled(torch: Any) -> None:
    wrap(
        torch.autograd, "grad", lambda grad: lambda *a, **k: tuple(1.01 * g for g in grad(*a, **k))
    )


@breaks("autograd")
def gradients_replaced_not_added(torch: Any) -> None:
    def make(backward: Any) -> Any:
        def forgetful(self: Any, *args: Any, **kwargs: Any) -> Any:
            import gc

            for tensor in gc.get_objects():
                if type(tensor) is torch.Tensor and tensor.is_leaf and tensor.requires_grad:
                    tensor.grad = None
            return backward(self, *args, **kwargs)

        return forgetful

    wrap(torch.Tensor, "backward", make)


@breaks("autograd")
def graph_never_freed(torch: Any) -> None:
    wrap(torch.Tensor, "backward", lambda back: lambda self, *a, **k: back(self, retain_graph=True))


@breaks("autograd")
def change_in_place_goes_unseen(torch: Any) -> None:
    wrap(
        torch.Tensor, "add_", lambda add: lambda self, value: add(self.data, value) is None or self
    )


@breaks("autograd")
def hooks_never_run(torch: Any) -> None:
    class Handle:
        def remove(self) -> None:
            pass

    torch.Tensor.register_hook = lambda self, hook: Handle()


@breaks("autograd")
def no_grad_records(torch: Any) -> None:
    torch.no_grad = contextlib.nullcontext


@breaks("autograd")
def detach_stays_attached(torch: Any) -> None:
    torch.Tensor.detach = lambda self: self


@breaks("autograd")
def custom_backward_ignored(torch: Any) -> None:
    torch.autograd.Function.apply = classmethod(lambda cls, value: value * value)


bent("dynamic_graph", "cos", lambda r: r if r.dim() else r.mul_(1.001), "gradient_of_sin_scaled")
bent("dynamic_graph", "unbind", lambda result: result[::-1], "elements_reversed")


@breaks("dynamic_graph")
def added_layer_not_trained(torch: Any) -> None:
    optimizer = torch.optim.Optimizer

    def make(add: Any) -> Any:
        return lambda self, group: add(self, group) if not self.param_groups else None

    wrap(optimizer, "add_param_group", make)


@breaks("dynamic_graph")
def frozen_layer_still_trained(torch: Any) -> None:
    torch.nn.Module.requires_grad_ = lambda self, on=True: self


@breaks("dynamic_graph")
def removed_layer_stays(torch: Any) -> None:
    torch.nn.ModuleList.__delitem__ = lambda self, index: None


@breaks("dynamic_graph")
def unused_branch_gets_zeros(torch: Any) -> None:
    def make(init: Any) -> Any:
        def filled(self: Any, *args: Any, **kwargs: Any) -> None:
            init(self, *args, **kwargs)
            self.weight.grad = torch.zeros_like(self.weight)

        return filled

    wrap(torch.nn.Linear, "__init__", make)
    torch.nn.Module.to = lambda self, *a, **k: self.double() if hasattr(self, "weight") else self


def first_is_nan(result: Any) -> Any:
    if result.is_floating_point() and result.numel() > 1:
        result[(0,) * result.dim()] = float("nan")
    return result


bent("autograd", "tanh_backward", first_is_nan, "gradient_holds_a_nan")
bent("tensor_arithmetic", "sub", first_is_nan, "difference_holds_a_nan")
bent("linalg", "linalg_inv_ex", lambda r: (first_is_nan(r[0]), r[1]), "inverse_holds_a_nan")


# -- optimizers, trainings ----------------------------------------------------------------------------------


def _forced(torch: Any, name: Any, **values: Any) -> None:
    def make(init: Any) -> Any:
        return lambda self, params, **options: init(self, params, **dict(options, **values))

    wrap(getattr(torch.optim, name), "__init__", make)


@breaks("optimizers", "mlp_train", "dynamic_graph")
def momentum_ignored(torch: Any) -> None:
    _forced(torch, "SGD", momentum=0.0, nesterov=False)


@breaks("optimizers")
def nesterov_ignored(torch: Any) -> None:
    _forced(torch, "SGD", nesterov=False)


@breaks("optimizers")
def weight_decay_ignored(torch: Any) -> None:
    _forced(torch, "SGD", weight_decay=0.0)


@breaks("optimizers")
def adam_with_other_betas(torch: Any) -> None:
    _forced(torch, "Adam", betas=(0.9, 0.99))


@breaks("optimizers")
def adamw_without_decay(torch: Any) -> None:
    _forced(torch, "AdamW", weight_decay=0.0)


@breaks("optimizers")
def rmsprop_with_other_alpha(torch: Any) -> None:
    _forced(torch, "RMSprop", alpha=0.98)


@breaks("optimizers")
def adagrad_starts_full(torch: Any) -> None:
    _forced(torch, "Adagrad", initial_accumulator_value=0.1)


@breaks("optimizers")
def foreach_takes_longer_steps(torch: Any) -> None:
    wrap(
        torch,
        "_foreach_add_",
        lambda add: lambda a, b, **k: add(a, b, **{**k, "alpha": 1.01 * k.get("alpha", 1)}),
    )


@breaks("optimizers")
def step_leaves_a_nan(torch: Any) -> None:
    wrap(
        torch.optim.SGD,
        "step",
        lambda step: lambda self: self.param_groups[0]["params"][1].data[0].fill_(float("nan")),
    )


@breaks("optimizers")
def adam_forgets_its_step_count(torch: Any) -> None:
    def make(step: Any) -> Any:
        def forgetful(self: Any, *args: Any, **kwargs: Any) -> Any:
            for state in self.state.values():
                state["step"].zero_()
            return step(self, *args, **kwargs)

        return forgetful

    wrap(torch.optim.Adam, "step", make)


@breaks("mlp_train", "cnn_train", "amp")
def sgd_never_steps(torch: Any) -> None:
    torch.optim.SGD.step = lambda self, *args: None


@breaks("rnn_train")
def adam_never_steps(torch: Any) -> None:
    torch.optim.Adam.step = lambda self, *args: None


bent("mlp_train", "nll_loss_backward", whole(1.01), "gradient_of_the_loss_scaled")
bent("mlp_train", "threshold_backward", whole(0.99), "gradient_of_relu_scaled")
bent("mlp_train", "nll_loss_forward", one_element(1.001), "loss_one_in_thousand_high")


def _next(torch: Any, change: Any) -> None:
    wrap(
        torch.utils.data.dataloader._BaseDataLoaderIter,
        "__next__",
        lambda step: lambda self: change(step(self)),
    )


@breaks("mlp_train", "dataloader")
def loader_repeats_a_sample(torch: Any) -> None:
    def change(batch: Any) -> Any:
        for part in batch if isinstance(batch, (list, tuple)) else ():
            if part.dim() and len(part) > 1:
                part[1] = part[0]
        return batch

    _next(torch, change)


@breaks("mlp_train", "dataloader")
def loader_drops_a_sample(torch: Any) -> None:
    _next(
        torch,
        lambda b: (
            [p[1:] if getattr(p, "ndim", 0) else p for p in b]
            if isinstance(b, (list, tuple))
            else b
        ),
    )


@breaks("mlp_train", "dataloader")
def loader_never_shuffles(torch: Any) -> None:
    torch.utils.data.RandomSampler.__iter__ = lambda self: iter(range(len(self.data_source)))


@breaks("mlp_train", "dataloader")
def loader_pairs_wrong_labels(torch: Any) -> None:
    _next(
        torch,
        lambda b: (
            [b[0], *(p.roll(1, 0) for p in b[1:])]
            if isinstance(b, (list, tuple)) and b[0].dim()
            else b
        ),
    )


@breaks("dataloader")
def workers_out_of_order(torch: Any) -> None:
    iterator = torch.utils.data.dataloader._MultiProcessingDataLoaderIter

    def make(step: Any) -> Any:
        return lambda self: _flipped(step(self))

    wrap(iterator, "_next_data", make)


def _flipped(batch: Any) -> Any:
    return [part.flip(0) for part in batch] if isinstance(batch, (list, tuple)) else batch


@breaks("dataloader")
def both_workers_take_the_first_share(torch: Any) -> None:
    class Info:
        id = 0
        num_workers = 2

    torch.utils.data.get_worker_info = lambda: Info


@breaks("dataloader")
def errors_of_workers_are_lost(torch: Any) -> None:
    iterator = torch.utils.data.dataloader._MultiProcessingDataLoaderIter

    def make(step: Any) -> Any:
        def silent(self: Any) -> Any:
            try:
                return step(self)
            except ValueError:
                raise StopIteration from None

        return silent

    wrap(iterator, "_next_data", make)


@breaks("dataloader")
def no_shared_memory(torch: Any) -> None:
    import multiprocessing.synchronize

    def refuse(self: Any, *arguments: Any, **options: Any) -> None:
        raise OSError(30, "Read-only file system")

    multiprocessing.synchronize.SemLock.__init__ = refuse


bent("cnn_train", "convolution", one_element(1.01), "convolution_off_in_one_element")
bent("cnn_train", "convolution_backward", whole(1.01), "gradient_of_convolution_scaled")
bent("cnn_train", "native_batch_norm", whole(1.001), "normalisation_scaled")
bent("cnn_train", "max_pool2d_with_indices", one_element(1.1), "pooling_off_in_one_element")


@breaks("cnn_train")
def kernel_upside_down(torch: Any) -> None:
    wrap(torch.nn.functional, "conv2d", lambda conv: lambda x, w, **k: conv(x, w.flip(2), **k))


def _recurrent(torch: Any, name: Any, factor: Any) -> None:
    vf = torch._VF if hasattr(torch, "_VF") else sys.modules["torch.nn.modules.rnn"]._VF

    def make(function: Any) -> Any:
        def scaled(*args: Any) -> Any:
            first, *rest = function(*args)
            return (first * factor, *rest)

        return scaled

    wrap(vf, name, make)


@breaks("rnn_train")
def lstm_one_in_thousand_high(torch: Any) -> None:
    _recurrent(torch, "lstm", 1.001)


@breaks("rnn_train")
def gru_one_in_thousand_high(torch: Any) -> None:
    _recurrent(torch, "gru", 1.001)


# -- attention, mixed precision ---------------------------------------------------------------------------


def _attention(torch: Any, change: Any) -> None:
    functional = torch.nn.functional

    def make(attend: Any) -> Any:
        def changed(q: Any, k: Any, v: Any, **options: Any) -> Any:
            return attend(*change(q, k, v, options), **options)

        return changed

    wrap(functional, "scaled_dot_product_attention", make)


@breaks("attention")
def half_attention_gives_no_number(torch: Any) -> None:
    def make(attend: Any) -> Any:
        def spoiled(*a: Any, **k: Any) -> Any:
            result = attend(*a, **k)
            return result * float("nan") if result.dtype == torch.float16 else result

        return spoiled

    wrap(torch.nn.functional, "scaled_dot_product_attention", make)


@breaks("attention")
def mask_swapped(torch: Any) -> None:
    def change(q: Any, k: Any, v: Any, options: Any) -> Any:
        mask = options["attn_mask"]
        if mask is not None and mask.dtype == torch.bool:
            options["attn_mask"] = ~mask
        return q, k, v

    _attention(torch, change)


@breaks("attention")
def added_mask_subtracted(torch: Any) -> None:
    def change(q: Any, k: Any, v: Any, options: Any) -> Any:
        mask = options["attn_mask"]
        if mask is not None and mask.dtype != torch.bool:
            options["attn_mask"] = -mask
        return q, k, v

    _attention(torch, change)


@breaks("attention")
def causal_ignored(torch: Any) -> None:
    _attention(torch, lambda q, k, v, options: options.update(is_causal=False) or (q, k, v))


@breaks("attention")
def scores_scaled_wrongly(torch: Any) -> None:
    _attention(torch, lambda q, k, v, options: (q * 1.01, k, v))


bent(
    "attention",
    "_scaled_dot_product_flash_attention_for_cpu",
    one_element(1.01),
    "flash_off_in_one_element",
)
bent(
    "attention",
    "_scaled_dot_product_flash_attention_for_cpu_backward",
    whole(1.01),
    "flash_gradient_scaled",
)
bent("attention", "_softmax", one_element(1.01), "math_attention_off_in_one_element")


@breaks("amp")
def autocast_does_nothing(torch: Any) -> None:
    torch.autocast = lambda **options: contextlib.nullcontext()


@breaks("amp")
def autocast_lowers_the_loss_too(torch: Any) -> None:
    wrap(torch.nn.functional, "mse_loss", lambda loss: lambda a, b: loss(a, b).to(torch.bfloat16))


@breaks("amp")
def product_five_percent_high(torch: Any) -> None:
    bend(torch, "mm", lambda r: r.mul_(1.05) if r.dtype == torch.bfloat16 else r)


@breaks("amp")
def scaler_never_unscales(torch: Any) -> None:
    scaler = torch.amp.GradScaler
    scaler.step = lambda self, optimizer: optimizer.step()


@breaks("amp")
def scaler_never_lowers(torch: Any) -> None:
    wrap(torch.amp.GradScaler, "update", lambda update: lambda self: update(self, 256.0))


@breaks("amp")
def scaler_never_scales(torch: Any) -> None:
    torch.amp.GradScaler.scale = lambda self, loss: loss


# -- files, random numbers, NumPy, threads ---------------------------------------------------------------


@breaks("serialization")
def one_byte_changed_in_the_file(torch: Any) -> None:
    def make(load: Any) -> Any:
        def changed(*args: Any, **kwargs: Any) -> Any:
            loaded = load(*args, **kwargs)
            if isinstance(loaded, dict) and "flat" in loaded:
                loaded["flat"]["int8"][0, 0] += 1
            return loaded

        return changed

    wrap(torch, "load", make)


@breaks("serialization")
def weights_only_ignored(torch: Any) -> None:
    wrap(torch, "load", lambda load: lambda file, **k: load(file, **dict(k, weights_only=False)))


@breaks("serialization")
def cut_files_are_accepted(torch: Any) -> None:
    def make(load: Any) -> Any:
        def lenient(file: Any, **kwargs: Any) -> Any:
            try:
                return load(file, **kwargs)
            except RuntimeError:
                return {}

        return lenient

    wrap(torch, "load", make)


@breaks("serialization")
def optimizer_state_not_restored(torch: Any) -> None:
    torch.optim.Optimizer.load_state_dict = lambda self, state: None
    torch.optim.Adam.load_state_dict = lambda self, state: None


@breaks("serialization")
def views_become_copies(torch: Any) -> None:
    wrap(
        torch,
        "load",
        lambda load: (
            lambda *a, **k: [t.clone() for t in r] if isinstance(r := load(*a, **k), list) else r
        ),
    )


@breaks("rng")
def seed_ignored(torch: Any) -> None:
    torch.manual_seed = lambda seed: None


@breaks("rng")
def every_seed_the_same(torch: Any) -> None:
    wrap(torch, "manual_seed", lambda seed: lambda value: seed(0))


@breaks("rng")
def state_not_restored(torch: Any) -> None:
    torch.set_rng_state = lambda state: None


@breaks("rng")
def fork_rng_does_nothing(torch: Any) -> None:
    torch.random.fork_rng = lambda **options: contextlib.nullcontext()


@breaks("rng")
def uniform_three_percent_low(torch: Any) -> None:
    wrap(torch, "rand", lambda draw: lambda *a, **k: draw(*a, **k) * 0.97)


@breaks("rng")
def normal_too_wide(torch: Any) -> None:
    wrap(torch, "randn", lambda draw: lambda *a, **k: draw(*a, **k) * 1.05)


@breaks("rng")
def dropout_drops_too_many(torch: Any) -> None:
    wrap(
        torch.nn.functional,
        "dropout",
        lambda f: lambda x, p, training: f(x, p + 0.03, training) * (1 - p - 0.03) / (1 - p),
    )


@breaks("rng")
def generators_share_a_state(torch: Any) -> None:
    wrap(torch, "rand", lambda draw: lambda *a, generator=None, **k: draw(*a, **k))


@breaks("determinism")
def demand_of_determinism_ignored(torch: Any) -> None:
    torch.set_deterministic_debug_mode = lambda mode: None


@breaks("determinism")
def warnings_instead_of_errors(torch: Any) -> None:
    wrap(torch, "set_deterministic_debug_mode", lambda demand: lambda mode: demand(1))


@breaks("determinism")
def sums_by_chance(torch: Any) -> None:
    """The last bits of each sum depend on the order of addition, which nobody fixed."""
    order = iter(range(1, 100))
    wrap(
        torch.Tensor,
        "index_add",
        lambda add: lambda *a: add(*a) * (1 + next(order) * 2.0**-23),
    )


bent("determinism", "scatter_add", whole(1.001), "deterministic_sums_off")


@breaks("numpy_bridge")
def from_numpy_copies(torch: Any) -> None:
    wrap(torch, "from_numpy", lambda bridge: lambda array: bridge(array).clone())


@breaks("numpy_bridge")
def from_numpy_off_by_one(torch: Any) -> None:
    wrap(
        torch,
        "from_numpy",
        lambda bridge: lambda array: bridge(array + 1) if array.dtype == "int16" else bridge(array),
    )


@breaks("numpy_bridge")
def numpy_of_another_interface(torch: Any) -> None:
    def refuse(array: Any) -> None:
        raise RuntimeError("Numpy is not available")

    torch.from_numpy = refuse


@breaks("numpy_bridge")
def watched_tensors_cross(torch: Any) -> None:
    wrap(torch.Tensor, "numpy", lambda numpy: lambda self: numpy(self.detach()))


@breaks("threads")
def forked_process_dies(torch: Any) -> None:
    parent = os.getpid()
    wrap(
        torch,
        "set_num_threads",
        lambda obey: lambda count: obey(count) if os.getpid() == parent else os._exit(1),
    )


@breaks("threads")
def forked_process_computes_wrong(torch: Any) -> None:
    parent = os.getpid()
    wrap(
        torch.Tensor,
        "sum",
        lambda add: lambda self: add(self) + (os.getpid() != parent),
    )


@breaks("threads")
def thread_count_ignored(torch: Any) -> None:
    torch.set_num_threads = lambda count: None
    torch.get_num_threads = lambda: 99


@breaks("threads")
def threads_lose_a_number(torch: Any) -> None:
    bend(torch, "sum", lambda r: r.add_(torch.get_num_threads() - 1))


@breaks("threads")
def openmp_loaded_twice(torch: Any) -> None:
    import re

    wrap(os.path, "realpath", lambda real: lambda path: real(path))
    wrap(re, "compile", lambda make: lambda pattern: make(r"/lib(c|m|gomp)[-.]"))
    wrap(re, "match", lambda match: lambda pattern, text: match("lib", text))


# -- companions --------------------------------------------------------------------------------------------


def _vision(torch: Any, pin: Any = None, threshold: Any = 1.0) -> None:
    """A torchvision in a few lines, right unless told otherwise."""
    import importlib.machinery
    import importlib.metadata
    import types

    def nms(boxes: Any, scores: Any, limit: Any) -> Any:
        kept: list[Any] = []
        for i in scores.argsort(descending=True).tolist():
            if all(
                _overlap(boxes[i].tolist(), boxes[j].tolist()) <= limit * threshold for j in kept
            ):
                kept.append(i)
        return torch.tensor(kept)

    module = types.ModuleType("torchvision")
    module.__spec__ = importlib.machinery.ModuleSpec("torchvision", None)
    module.__version__ = "0.99"
    means = torch.tensor([13.5, 17.5, 45.5, 49.5])
    module.ops = types.SimpleNamespace(nms=nms, roi_align=lambda *a, **k: means.reshape(1, 1, 2, 2))
    sys.modules["torchvision"] = module
    importlib.metadata.requires = lambda name: [
        "numpy",
        f"torch=={pin or torch.__version__.split('+')[0]}",
    ]
    importlib.metadata.version = lambda name: "0.99"


def _overlap(a: Any, b: Any) -> Any:
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    sizes = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / (sum(sizes) - width * height)


def sound_torchvision(torch: Any) -> None:
    """No sabotage: the stand-in itself must pass."""
    _vision(torch)


@breaks("companions")
def torchvision_of_another_release(torch: Any) -> None:
    _vision(torch, pin="1.0.0")


@breaks("companions")
def suppression_too_lenient(torch: Any) -> None:
    _vision(torch, threshold=1.6)


# -- deep level -------------------------------------------------------------------------------------------


@breaks("sustained")
def every_hundredth_product_flips_a_bit(torch: Any) -> None:
    count = [0]

    def change(result: Any) -> Any:
        count[0] += 1
        if count[0] % 100 == 0:
            result[3, 5] *= 1.0000002
        return result

    bend(torch, "mm", change)


@breaks("throughput")
def scalar_products(torch: Any) -> None:
    import time

    bend(torch, "mm", lambda result: time.sleep(1.6) or result)


@breaks("distributed_training")
def gradients_not_averaged(torch: Any) -> None:
    _rewritten(torch, "torch.nn.parallel.DistributedDataParallel", "")


@breaks("distributed_training")
def sum_takes_the_larger(torch: Any) -> None:
    _rewritten(torch, "all_reduce(value)", "all_reduce(value, dist.ReduceOp.MAX)")


@breaks("torch_export")
def loaded_program_forgets_its_weights(torch: Any) -> None:
    def make(loader: Any) -> Any:
        def emptied(file: Any) -> Any:
            program = loader(file)
            for value in program.state_dict.values():
                value.data.zero_()
            return program

        return emptied

    import torch.export

    wrap(torch.export, "load", make)


@breaks("torch_compile", "max_autotune")
def compiled_function_scaled(torch: Any) -> None:
    torch.compile = lambda function, **options: lambda *args: function(*args) * 1.001


@breaks("max_autotune")
def compile_does_nothing(torch: Any) -> None:
    torch.compile = lambda function, **options: function


@breaks("profiler")
def profiler_forgets_a_call(torch: Any) -> None:
    import torch.profiler

    def make(averages: Any) -> Any:
        def forgetful(self: Any, *args: Any, **options: Any) -> Any:
            events = averages(self, *args, **options)
            for event in events:
                if event.key == "aten::mm":
                    event.count -= 1
            return events

        return forgetful

    wrap(torch.profiler.profile, "key_averages", make)


@breaks("profiler")
def profiler_changes_what_it_watches(torch: Any) -> None:
    import torch.profiler

    def make(enter: Any) -> Any:
        def entered(self: Any) -> Any:
            torch.mm = lambda a, b: a @ b * 1.0001
            return enter(self)

        return entered

    wrap(torch.profiler.profile, "__enter__", make)


@breaks("cpp_extension")
def compiler_that_fails(torch: Any) -> None:
    import sysconfig
    import tempfile

    headers = tempfile.mkdtemp()
    open(os.path.join(headers, "Python.h"), "w").close()
    sysconfig.get_paths = lambda *_: {"include": headers}
    os.environ["CXX"] = "false"


# -- accelerators: a device in name only ---------------------------------------------------------------------


class Stream:
    """A stream whose work is done as soon as it is asked for."""

    def __init__(self, device: Any = None) -> None:
        pass

    def record_event(self) -> Any:
        return Event()

    def wait_event(self, event: Any) -> None:
        pass

    wait_stream = wait_event


class Event:
    def __init__(self, enable_timing: Any = False) -> None:
        pass

    def record(self, stream: Any) -> None:
        pass

    def synchronize(self) -> None:
        pass

    def query(self) -> Any:
        return True

    def elapsed_time(self, other: Any) -> Any:
        return 0.25


class Graph:
    """Replays by running again what a check captures: 2 x + 1 times the weight, as graphs.py has it."""

    def replay(self) -> None:
        import inspect

        here = inspect.currentframe()
        assert here and here.f_back
        frame = here.f_back.f_locals
        frame["out"].copy_((frame["slot"] * 2 + 1) @ frame["on_weight"])


def pretend_cuda(torch: Any) -> None:
    """torch with a device cuda:0 that is the CPU: runs the accelerator's code paths, proves nothing of a GPU."""
    from torch.overrides import TorchFunctionMode

    def plain(value: Any) -> Any:
        # Not the text of whatever comes: that of a list of tensors takes half a minute.
        named = isinstance(value, (str, torch.device)) and str(value).startswith("cuda:")
        if named and int(str(value).partition(":")[2]) >= torch.cuda.device_count():
            raise RuntimeError("CUDA error: invalid device ordinal")
        return "cpu" if named else value

    counted = {"bytes": 0}

    class Renamed(TorchFunctionMode):  # type: ignore[misc] # torch is Any
        def __torch_function__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            options = {name: plain(value) for name, value in (kwargs or {}).items()}
            if function is torch.empty and args and args[0] == 2**58:
                raise torch.cuda.OutOfMemoryError(
                    "CUDA out of memory. Tried to allocate 1073741824.00 GiB"
                )
            return function(*(plain(value) for value in args), **options)

    def held(device: Any) -> Any:
        import gc

        gc.collect()
        tensors = [
            o for o in gc.get_objects() if type(o) is torch.Tensor and o.numel() == 2 * 1024 * 1024
        ]
        return sum(t.numel() * 4 for t in tensors) + counted["bytes"]

    Renamed().__enter__()
    cuda = torch.cuda
    cuda.memory_allocated, cuda.synchronize = held, lambda device: None
    cuda.device_count = lambda: 1
    cuda.mem_get_info = lambda device: (600 << 20, 8 << 30)  # two blocks of memory-pattern
    cuda.Stream, cuda.Event, cuda.CUDAGraph = Stream, Event, Graph
    cuda.current_stream = lambda *a: Stream()
    cuda.stream = cuda.graph = cuda.device = lambda *a: contextlib.nullcontext()
    cuda.get_arch_list = lambda: ["sm_75", "sm_80", "sm_90"]
    cuda.get_device_capability = lambda device: (8, 6)
    torch.Tensor.record_stream = lambda self, stream: None
    torch.Tensor.pin_memory = lambda self, *a: setattr(self, "pinned", True) or self
    torch.Tensor.is_pinned = lambda self, *a: getattr(self, "pinned", False)


PRETEND = "matmul autograd dynamic_graph mlp_train cnn_train rnn_train attention optimizers linalg tensor_arithmetic"
PRETEND += " determinism kernel_launch memory memory_pattern transfer streams graphs libraries"


def on_device(*stems: str) -> Callable[[Break], Break]:
    """A sabotage on the pretended device."""

    def enter(function: Break) -> Break:
        def both(torch: Any) -> None:
            pretend_cuda(torch)
            function(torch)

        both.__name__ = function.__name__
        globals()[function.__name__] = both
        ON_DEVICE.extend((stem, function.__name__) for stem in stems)
        return both

    return enter


ON_DEVICE: list[tuple[str, str]] = []


@on_device("kernel_launch")
def index_beyond_the_last_is_the_first(torch: Any) -> None:
    wrap(torch, "ones", lambda ones: lambda *a, **k: ones(*a))


@on_device("kernel_launch")
def no_kernel_image(torch: Any) -> None:
    wrap(torch, "arange", lambda arange: lambda *a, **k: _refuse())


def _refuse() -> None:
    raise RuntimeError("CUDA error: no kernel image is available for execution on the device")


@on_device("kernel_launch")
def kernel_skips_the_last_element(torch: Any) -> None:
    def change(result: Any) -> Any:
        if result.dtype == torch.int32 and result.dim():
            result[-1] = 0
        return result

    bend(torch, "mul", change)


@on_device("memory")
def blocks_overlap(torch: Any) -> None:
    kept: list[Any] = []

    def make(full: Any) -> Any:
        def reused(*args: Any, **options: Any) -> Any:
            kept.append(full(*args, **options)) if not kept else kept[0].fill_(args[1])
            return kept[0].view(-1)

        return reused

    wrap(torch, "full", make)


@on_device("memory")
def absurd_request_granted(torch: Any) -> None:
    wrap(torch, "empty", lambda empty: lambda *a, **k: empty(1))


@on_device("memory")
def freed_blocks_stay(torch: Any) -> None:
    kept: list[Any] = []
    wrap(torch, "full", lambda full: lambda *a, **k: kept.append(full(*a, **k)) or kept[-1])


@on_device("memory_pattern")
def blocks_share_their_memory(torch: Any) -> None:
    first: list[Any] = []

    def make(empty: Any) -> Any:
        def reused(*args: Any, **options: Any) -> Any:
            first.append(empty(*args, **options)) if not first else None
            return first[0].view(-1)

        return reused

    wrap(torch, "empty", make)


@on_device("memory_pattern")
def a_bit_is_stuck(torch: Any) -> None:
    def make(fill: Any) -> Any:
        def stuck(self: Any, value: int) -> Any:
            fill(self, value)
            self[12345] |= 4
            return self

        return stuck

    wrap(torch.Tensor, "fill_", make)


@on_device("attention")
def low_scores_give_no_number(torch: Any) -> None:
    """As cuDNN's attention does on H100 and H200 (pytorch/pytorch#196678)."""

    def make(attend: Any) -> Any:
        def broken(q: Any, k: Any, v: Any, *args: Any, **options: Any) -> Any:
            got = attend(q, k, v, *args, **options)
            return got * float("nan") if q.shape[-2] == 64 and q.min() < -20 else got

        return broken

    wrap(torch.nn.functional, "scaled_dot_product_attention", make)


@on_device("transfer")
def a_bit_flips_on_the_way(torch: Any) -> None:
    def make(to: Any) -> Any:
        def flipped(self: Any, *args: Any, **options: Any) -> Any:
            result = to(self, *args, **options).clone()
            result.view(-1)[-1] += 1
            return result

        return flipped

    wrap(torch.Tensor, "to", make)


@on_device("transfer")
def pinning_does_nothing(torch: Any) -> None:
    torch.Tensor.pin_memory = lambda self, *a: self


@on_device("streams")
def stream_reads_too_early(torch: Any) -> None:
    wrap(torch, "roll", lambda roll: lambda x, shift, dim: x)


@on_device("streams")
def events_never_done(torch: Any) -> None:
    Event.query = lambda self: False


@on_device("graphs")
def replay_does_nothing(torch: Any) -> None:
    Graph.replay = lambda self: None


@on_device("libraries")
def cudnn_of_another_major(torch: Any) -> None:
    import types

    torch.backends.cudnn.version = lambda: 8907
    torch._C._cudnn = types.SimpleNamespace(getCompileVersion=lambda: (9, 19, 0))


@on_device("libraries")
def cublas_off_by_one(torch: Any) -> None:
    def make(to: Any) -> Any:
        return lambda self, *a, **k: (
            to(self, *a, **k) + (1 if a and str(a[0]).startswith("cuda") else 0)
        )

    wrap(torch.Tensor, "to", make)


@on_device("mlp_train")
def device_trains_differently(torch: Any) -> None:
    wrap(torch.nn.Module, "to", lambda to: lambda self, *a, **k: _shifted(to(self, *a, **k)))


def _shifted(module: Any) -> Any:
    for parameter in module.parameters():
        parameter.data.add_(1e-3)
    return module


@on_device("device_assert")
def assertion_goes_unseen(torch: Any) -> None:
    import subprocess
    import types

    subprocess.run = lambda *a, **k: types.SimpleNamespace(
        stdout=b"SILENT tensor([1.])", returncode=0
    )


def assertion_is_seen(torch: Any) -> None:
    """No sabotage: the process says what a device that asserts says."""
    import subprocess
    import types

    pretend_cuda(torch)
    said = b"RAISED CUDA error: device-side assert triggered"
    subprocess.run = lambda *a, **k: types.SimpleNamespace(stdout=said, returncode=0)


CUDA_JOB, CPU_JOB = '"kind": "cuda"', '"kind": "cpu"'


def _two_devices(torch: Any) -> None:
    torch.cuda.device_count = lambda: 2


@on_device("peer_copy")
def peer_copy_drops_a_byte(torch: Any) -> None:
    _two_devices(torch)
    a_bit_flips = torch.Tensor.to

    def flipped(self: Any, *args: Any, **options: Any) -> Any:
        result = a_bit_flips(self, *args, **options).clone()
        if args and str(args[0]) == "cuda:1":
            result[7] ^= 1
        return result

    torch.Tensor.to = flipped


@breaks("distributed_training")
def second_process_dies(torch: Any) -> None:
    _rewritten(torch, "dist.all_reduce(value)", "rank == 1 and sys.exit(3); dist.all_reduce(value)")


@on_device("distributed_training")
def nccl_broadcasts_nothing(torch: Any) -> None:
    _two_devices(torch)
    torch.distributed.is_nccl_available = lambda: True
    _rewritten(torch, CUDA_JOB, CPU_JOB)
    _rewritten(torch, "dist.broadcast(word, 1)", "pass")


def _rewritten(torch: Any, text: Any, other: Any) -> None:
    """Processes are started with one text of their arguments replaced."""
    import subprocess

    def make(popen: Any) -> Any:
        return lambda argv, **options: popen([a.replace(text, other) for a in argv], **options)

    wrap(subprocess, "Popen", make)


def two_devices(torch: Any) -> None:
    """No sabotage: two devices in name only; NCCL between them is gloo between processes."""
    pretend_cuda(torch)
    _two_devices(torch)
    torch.distributed.is_nccl_available = lambda: True
    torch.cuda.nccl.version = lambda: (2, 27, 5)
    _rewritten(torch, CUDA_JOB, CPU_JOB)
