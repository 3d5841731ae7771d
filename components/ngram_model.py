"""A small linear text classifier on n-grams: fit, rank, save, load; knows nothing of Rasa.

TF-IDF over one or more feature blocks, beside them a vector per text if the caller has one, a
linear support vector machine over all classes, and a softmax whose sharpness is fitted on
held-out sentences, so that confidences follow how often the model is right.
Weights are kept in half precision, which changed one answer in 8,000 and leaves room for the
rare n-grams: pruning 550,000 of them to 450,000 cost nothing, to 250,000 1.4 points.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from sklearn.svm import LinearSVC

Analyser = Callable[[str], Iterable[str]]
Ranking = list[tuple[str, float]]

# Between 0.25 and 1 the result is the same within noise.
_C = 0.5
# Looser than liblinear's default of 1e-4, for the sake of training time.
_TOLERANCE = 1e-2
# One sentence in six is held out to fit the sharpness.
_HELD_OUT = 6
# Sentences whose answer is stored with the model and compared after loading.
_PROBES = 12


class BrokenModel(RuntimeError):
    """A stored model that does not give the answers it gave when it was trained."""


def char_ngrams(low: int, high: int) -> Analyser:
    """Return an analyser for n-grams inside words, with the word's edges marked by a blank."""

    def analyse(text: str) -> Iterable[str]:
        for word in text.split():
            padded = f" {word} "
            for size in range(low, high + 1):
                if len(padded) <= size:
                    yield padded
                    break
                # A lone blank is no evidence, so single signs start behind the edge.
                edge = 1 if size == 1 else 0
                for start in range(edge, len(padded) - size + 1 - edge):
                    yield padded[start : start + size]

    return analyse


def word_ngrams(text: str) -> Iterable[str]:
    """Yield words and pairs of neighbours, marked so that they never equal a char n-gram."""
    words = text.split()
    for word in words:
        yield f"={word}"
    for first, second in pairwise(words):
        yield f"={first} {second}"


@dataclass
class NgramModel:
    """The trained numbers; `blocks` are the analysers, each normalised by itself."""

    blocks: Sequence[Analyser]
    labels: list[str] = field(default_factory=list)
    vocabulary: dict[str, int] = field(default_factory=dict)
    idf: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float16))
    bias: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    #: What the vector beside the n-grams adds to each class; no rows: there is none.
    dense: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float16))
    sharpness: float = 1.0

    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        keep: int,
        balanced: bool = False,
        vectors: np.ndarray | None = None,
    ) -> "NgramModel":
        """Train on all texts and keep the `keep` most telling n-grams."""
        if len(set(labels)) < 2:
            raise ValueError("at least two classes are needed")
        matrix = self._index(texts)
        grams = matrix.shape[1]
        if vectors is not None:
            matrix = sp.hstack([matrix, sp.csr_matrix(vectors)], format="csr")
        self.labels = sorted(set(labels))
        target = np.searchsorted(self.labels, labels)
        # Every sixth sentence of each class, in a fixed shuffle: the same model every time.
        order = np.random.default_rng(0).permutation(len(texts))
        rank_in_class = _rank_within(target[order])
        held_out = order[rank_in_class % _HELD_OUT == _HELD_OUT - 1]
        learned = order[rank_in_class % _HELD_OUT != _HELD_OUT - 1]
        # liblinear 1.1 holds the interpreter lock, so two processes share the two cores. The
        # matrix is copied to them: memory-mapped it would be read-only, which liblinear refuses.
        (weights, self.bias), (trial_weights, trial_bias) = Parallel(n_jobs=2, max_nbytes=None)(
            delayed(_fit_svm)(matrix[rows], target[rows], balanced)
            for rows in (slice(None), learned)
        )
        self.weights, self.dense = weights[:grams], weights[grams:].astype(np.float16)
        if len(held_out):
            # Through a model that knows only the n-grams of the trial, as messages are read in
            # use; with the full vocabulary the scores were too small and the softmax too sharp.
            seen = np.bincount(matrix[learned].indices, minlength=grams) > 0
            known = {gram: i for gram, i in self.vocabulary.items() if seen[i]}
            trial = NgramModel(self.blocks, self.labels, known, self.idf, bias=trial_bias)
            trial.weights, trial.dense = trial_weights[:grams], trial_weights[grams:]
            scores = np.array(
                [
                    trial._scores(
                        *trial._features(texts[i]), None if vectors is None else vectors[i]
                    )
                    for i in held_out
                ]
            )
            self.sharpness = fit_sharpness(scores, target[held_out])
        self._prune(keep)
        self.weights = self.weights.astype(np.float16)
        return self

    def rank(
        self, text: str, limit: int = 10, vector: np.ndarray | None = None
    ) -> tuple[Ranking, int]:
        """Return the likeliest labels with confidences, and how many n-grams were known."""
        index, values = self._features(text)
        confidences = softmax(self._scores(index, values, vector), self.sharpness)
        best = np.argsort(-confidences, kind="stable")[:limit]
        return [(self.labels[i], float(confidences[i])) for i in best], len(index)

    def _scores(
        self, index: np.ndarray, values: np.ndarray, vector: np.ndarray | None
    ) -> np.ndarray:
        scores = values @ self.weights[index].astype(np.float32) + self.bias
        return scores if vector is None else scores + vector @ self.dense.astype(np.float32)

    def _features(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        index: list[int] = []
        parts: list[np.ndarray] = []
        for block in self.blocks:
            counts = Counter(
                self.vocabulary[gram] for gram in block(text) if gram in self.vocabulary
            )
            if not counts:
                continue
            found = list(counts)
            index.extend(found)
            parts.append(_weigh(np.fromiter(counts.values(), np.float32), self.idf[found]))
        values = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        return np.asarray(index, np.int64), values

    def _index(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Learn vocabulary and idf, return the TF-IDF matrix of the texts."""
        vocabulary: dict[str, int] = {}
        rows: list[list[tuple[np.ndarray, np.ndarray]]] = []
        for text in texts:
            rows.append([_tally(block(text), vocabulary) for block in self.blocks])
        frequency = np.zeros(len(vocabulary), np.int64)
        for row in rows:
            for found, _ in row:
                frequency[found] += 1
        self.vocabulary = vocabulary
        self.idf = (np.log((1 + len(texts)) / (1 + frequency)) + 1).astype(np.float32)
        pointer = np.cumsum([0] + [sum(len(found) for found, _ in row) for row in rows])
        index = np.concatenate([found for row in rows for found, _ in row])
        values = [_weigh(counts, self.idf[found]) for row in rows for found, counts in row]
        return sp.csr_matrix(
            (np.concatenate(values), index, pointer.astype(np.int32)),
            shape=(len(texts), len(vocabulary)),
        )

    def _prune(self, keep: int) -> None:
        if len(self.vocabulary) <= keep:
            return
        telling = np.abs(self.weights).max(axis=1) * self.idf
        kept = np.sort(np.argpartition(-telling, keep)[:keep])
        new_index = {int(old): new for new, old in enumerate(kept)}
        self.vocabulary = {
            gram: new_index[old] for gram, old in self.vocabulary.items() if old in new_index
        }
        self.idf, self.weights = self.idf[kept], np.ascontiguousarray(self.weights[kept])

    def save(self, path: Path, probes: Sequence[str]) -> None:
        """Write the model and its answers to a few probe texts into one .npz file."""
        grams = sorted(self.vocabulary, key=self.vocabulary.__getitem__)
        probes = list(probes)[:_PROBES]
        np.savez_compressed(
            path,
            grams=np.frombuffer("\n".join(grams).encode(), np.uint8),
            labels=np.asarray(self.labels),
            idf=self.idf,
            weights=self.weights,
            bias=self.bias,
            dense=self.dense,
            sharpness=np.float64(self.sharpness),
            probes=np.asarray(probes),
            answers=np.asarray([self.rank(probe, 1)[0][0][0] for probe in probes]),
        )

    @classmethod
    def load(cls, path: Path, blocks: Sequence[Analyser]) -> "NgramModel":
        """Read a model and raise BrokenModel unless it answers its probes as it did."""
        with np.load(path, allow_pickle=False) as stored:
            grams = stored["grams"].tobytes().decode().split("\n")
            model = cls(
                blocks,
                labels=[str(label) for label in stored["labels"]],
                vocabulary={gram: i for i, gram in enumerate(grams)},
                idf=stored["idf"],
                weights=stored["weights"],
                bias=stored["bias"],
                dense=stored["dense"],
                sharpness=float(stored["sharpness"]),
            )
            probes, answers = stored["probes"].tolist(), stored["answers"].tolist()
        if not probes or len(grams) != len(model.weights):
            raise BrokenModel(f"{path.name}: the model is incomplete, train it again")
        for probe, answer in zip(probes, answers, strict=True):
            if model.rank(probe, 1)[0][0][0] != answer:
                raise BrokenModel(f"{path.name}: the model answers otherwise than when trained")
        return model


def softmax(scores: np.ndarray, sharpness: float) -> np.ndarray:
    """Turn scores into confidences that sum to one."""
    scaled = scores * sharpness
    raised = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def fit_sharpness(scores: np.ndarray, target: np.ndarray) -> float:
    """Return the sharpness under which the true labels of held-out texts are likeliest."""
    rows = np.arange(len(target))

    def loss(sharpness: float) -> float:
        confidences = softmax(scores, sharpness)[rows, target]
        return float(-np.log(np.maximum(confidences, 1e-12)).mean())

    return min((2 ** (step / 8) for step in range(-16, 57)), key=loss)


def _tally(grams: Iterable[str], vocabulary: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Count n-grams and add new ones to the vocabulary; arrays, since Counters are far bigger."""
    counts = Counter(vocabulary.setdefault(gram, len(vocabulary)) for gram in grams)
    return (
        np.fromiter(counts.keys(), np.int32, len(counts)),
        np.fromiter(counts.values(), np.float32, len(counts)),
    )


def _weigh(counts: np.ndarray, idf: np.ndarray) -> np.ndarray:
    values = ((1 + np.log(counts)) * idf).astype(np.float32)
    return values / max(math.sqrt(float(values @ values)), 1e-9)


def _rank_within(classes: np.ndarray) -> np.ndarray:
    """Number the members of each class 0, 1, 2, ... in the order in which they stand."""
    seen: Counter = Counter()
    ranks = np.empty(len(classes), np.int64)
    for place, value in enumerate(classes.tolist()):
        ranks[place] = seen[value]
        seen[value] += 1
    return ranks


def _fit_svm(
    matrix: sp.csr_matrix, target: np.ndarray, balanced: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (n-grams x classes) and bias of a one-against-the-rest linear SVM."""
    machine = LinearSVC(
        C=_C, tol=_TOLERANCE, random_state=0, class_weight="balanced" if balanced else None
    )
    machine.fit(matrix, target)
    weights, bias = machine.coef_.T, machine.intercept_
    if len(machine.classes_) == 2:  # liblinear keeps one row for two classes
        weights, bias = np.hstack([-weights, weights]), np.concatenate([-bias, bias])
    return np.ascontiguousarray(weights, np.float32), bias.astype(np.float32)
