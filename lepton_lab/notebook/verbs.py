"""The verbs of `%lepton` as one table: what each takes, and which function of lepton_lab it calls.

Parsing, `--help`, `--code`, TOML bodies and completion all read this table; nothing else lists verbs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MODEL, FRAME, RUN, PATH, SAMPLE, VERB = "MODEL", "FRAME", "RUN", "PATH", "SAMPLE", "VERB"
COLUMN = "COLUMN"
EITHER = "MODEL|RUN"


@dataclass(frozen=True)
class Option:
    """One flag of a verb.

    Attributes:
        name: Without the dashes, as typed.
        kind: What its value is: text, column, columns (may be repeated), int, number, duration, label (of a row),
            name (a frame or function in the notebook), numbers (name=1,other=2), words (name=word,other=word),
            groups (name=column,column, may be repeated), times (number,number),
            bounds (column=low..high or column=value,value, may be repeated), choice,
            or switch (no value).
        sample: A value, for the error about one that cannot be read.
        as_keyword: Of the Python function; the name itself unless given.
        leads_to: The verb that a line with this flag means; its function takes the value.
    """

    name: str
    kind: str
    help: str
    choices: tuple[str, ...] = ()
    as_keyword: str = ""
    sample: str = ""
    leads_to: str = ""

    @property
    def flag(self) -> str:
        """With the dashes."""
        return f"--{self.name}"

    @property
    def repeats(self) -> bool:
        """Whether it may be typed more than once."""
        return self.kind in ("columns", "groups", "bounds")

    @property
    def keyword(self) -> str:
        """The argument of the Python function that takes the value."""
        return self.as_keyword or self.name.replace("-", "_")


@dataclass(frozen=True)
class Verb:
    """One verb: `%lepton NAME OPERANDS --options` is `lepton_lab.FUNCTION(operands, options)`.

    Attributes:
        operands: Kinds of the words after the verb; one that ends in "?" may be left out for good, any
            other MODEL, FRAME or RUN is chosen (and named aloud) when there is no doubt.
        function: The dotted name under lepton_lab.
    """

    name: str
    help: str
    operands: tuple[str, ...]
    options: tuple[Option, ...]
    example: str
    function: str = ""

    @property
    def calls(self) -> str:
        """The dotted name of the function under lepton_lab."""
        return self.function or self.name

    def option(self, name: str) -> Option | None:
        """The option typed as `--name`, or known to Python by that keyword."""
        return next((option for option in self.options if name in (option.name, option.keyword)), None)


TARGET = Option("target", "column", "the column to predict")
TASKS = ("binary", "multiclass", "regression", "quantile", "survival", "ranking")
TASK = Option("task", "choice", "what is predicted; told from the target if left out", TASKS)
POSITIVE = Option("positive", "text", "the class whose probability is predicted (two classes only)")
EVENT = Option("event", "column", "where the target is a time: the column that says whether the event happened then")
RESHAPE = Option("reshape", "text", "how rows are made of a long frame: windows(id=unit, time=cycle, length=30)",
                 sample="windows(id=unit, time=cycle, length=30)")  # fmt: skip
IGNORE = Option("ignore", "columns", "a column to leave out; may be repeated")
TYPES = Option("types", "words", "columns whose type is told: numeric, category, datetime",
               sample="zip=category,age=numeric")  # fmt: skip
IMMUTABLE = Option("immutable", "columns", "a column that cannot change; may be repeated")
BUDGET = Option("budget", "duration", "wall time of the whole call: 60s, 5m, 1h30m")
SEED = Option("seed", "int", "of every random choice")
ROWS = Option("rows", "int", "how many rows, sampled so that their proportions are kept")
ROW = Option("row", "label", "one row, by its index label")
BACKGROUND = Option("background", "name", "the frame to compare with; the model's own if left out")
AT = Option("at", "int", "one row, by its position")

HALFWIDTH = Option("halfwidth", "number", "widest 95 % half-width wanted, in the output's unit")
GROUPS = Option("groups", "groups", "columns that are one player; may be repeated", sample="address=zip,city")
SCALE = Option("scale", "choice", "of the output: log-odds (link) or probabilities", ("link", "probability"))
TIMES = Option("times", "times", "of a time to an event: when the chance of none is given", sample="30,365")
POINTS = Option("points", "int", "how many values of the column are asked")

SPLIT = Option("split", "text", "how rows are held out: random, stratified, group:COLUMN, time:COLUMN or given:COLUMN")
WEIGHTS = Option("weights", "text", "balanced, a column, or $name for an array")

INSIDE = Option("inside", "column", "the column of images, series or texts to look into", as_keyword="column")

COSTS = Option("costs", "numbers", "of wrong decisions: finds the threshold that costs least",
               sample="false_alarm=1,missed=5")  # fmt: skip

_TRAIN = (
    TARGET,
    TASK,
    Option("domain", "text", "defaults of a line of business; the verb domains lists them", sample="credit"),
    BUDGET,
    SPLIT,
    WEIGHTS,
    Option("metric", "text", "what is watched and shown first, such as auc, log_loss, rmse"),
    Option("quality", "choice", "how much is tried", ("fast", "balanced", "best")),
    SEED,
    POSITIVE,
    IGNORE,
    TYPES,
    IMMUTABLE,
    Option("monotone", "numbers", "columns whose effect may only rise (1) or fall (-1)", sample="income=-1,age=1"),
    EVENT,
    RESHAPE,
    Option(
        "encoder",
        "words",
        "what reads columns of images, series and other objects",
        as_keyword="encoders",
        sample="scan=small_resnet,wave=tcn",
    ),
    Option("devices", "int", "how many share each batch; every accelerator if left out"),
    Option("precision", "choice", "of matmuls; half the bits are for accelerators", ("float32", "bfloat16")),
    Option("replay", "text", "the id of a run: train as it did, ended where it ended"),
    Option("bg", "switch", "in the background: the notebook stays free, a Run comes back", as_keyword="background"),
)

# Of a training, not of a search.
_TRAIN_ONLY = ("devices", "precision", "replay", "event", "bg")

_TUNE = (
    TARGET,
    Option("trials", "int", "how many settings are tried, the default recipe among them"),
    BUDGET,
    Option("sampler", "choice", "how settings are proposed", ("tpe", "random", "grid", "evolution")),
    Option("space", "name", "a dict in the notebook: what may vary; the default space if left out"),
    *[option for option in _TRAIN if option.name not in ("target", "budget", *_TRAIN_ONLY)],
)

_TABLE = (
    Verb("check", "look for trouble in a frame before training on it", (FRAME,),
         (TARGET, TASK, POSITIVE, SPLIT, WEIGHTS, IGNORE, TYPES, IMMUTABLE, EVENT, RESHAPE,
          Option("against", "name", "a second frame: what drifted is found"),
          Option("rows", "int", "how many are looked at; a sample of 500,000 of a longer frame if left out")),
         "%lepton check df --target bad"),
    Verb("drift", "in which columns a second frame differs from the first", (FRAME,),
         (Option("against", "name", "the second frame"), IGNORE, TYPES, SEED),
         "%lepton drift df_train --against df_test"),
    Verb("train", "train a model; the kernel's stop button keeps the best so far", (FRAME,), _TRAIN,
         "model = %lepton train df --target bad --budget 60s"),
    Verb("tune", "try many settings and blend the best; the kernel's stop button keeps what finished", (FRAME,), _TUNE,
         "study = %lepton tune df --target bad --trials 64 --budget 10m"),
    Verb("evaluate", "metrics with intervals, on a frame or on the rows held out of training", (MODEL, FRAME + "?"),
         (WEIGHTS, COSTS, Option("unit", "text", "of the costs, such as €")),
         "%lepton evaluate model df_test"),
    Verb("error_tree", "where a model fails: parts of the rows with more or fewer errors", (MODEL, FRAME + "?"),
         (WEIGHTS, Option("depth", "int", "conditions on the way to a part, at most; 3 if left out"), SEED),
         "%lepton error_tree model df_test"),
    Verb("compare", "two models or runs on the same rows: is the difference real?",
         (EITHER, EITHER, FRAME + "?"), (SEED,),
         "%lepton compare model other"),
    Verb("predict", "a frame of predictions with the index of the one given", (MODEL, FRAME), (TIMES,),
         "pred = %lepton predict model df_test"),
    Verb("recommend", "the items that each user is likeliest to want next", (MODEL, FRAME),
         (Option("n", "int", "items for each user; 10 if left out"),
          Option("user", "label", "to whom; all users of the frame if left out", as_keyword="users"),
          Option("reasons", "int", "reasons for each: earlier items, and columns of the user and of the item"),
          Option("items", "name", "a frame of items never seen, known by their columns: they are ranked, too")),
         "best = %lepton recommend model events --n 10"),
    Verb("predict_survival", "the chance that the event has not happened by each time", (MODEL, FRAME), (TIMES,),
         "curves = %lepton predict_survival model df_test --times 30,365"),
    Verb("explain", "Shapley values with bounds, for rows held out of training or of a frame", (MODEL, FRAME + "?"),
         (ROWS, ROW, AT, BACKGROUND, BUDGET, HALFWIDTH, GROUPS,
          Option("heads", "switch", "measure too how much the heads of the network disagree on each value"),
          Option("memory", "text", "to stay under, above the model, the data and the result: 500MB"), SEED,
          replace(INSIDE, leads_to="explain_inside")),
         "ex = %lepton explain model --rows 500"),
    Verb("explain_inside", "which parts of an image, a series or a text made the model say so", (MODEL, FRAME + "?"),
         (INSIDE, ROWS, ROW, AT,
          Option("parts", "choice", "superpixels or patches; segments, changes or time; words, sentences, ...",
                 ("superpixels", "patches", "segments", "changes", "time", "words", "clauses", "sentences",
                  "paragraphs")),
          Option("n-parts", "int", "how many parts of an image, stretches of a series, parts of a text at most"),
          Option("baseline", "text", "instead of parts: blur, mean, black; mean, own, bridge, seasonal:24; or $array"),
          Option("output", "text", "the one of several classes to keep"), BUDGET, HALFWIDTH, SEED),
         "%lepton explain model --inside scan --row 3"),
    Verb("explain_preview", "a quick look from gradients: near the Shapley values, but not them", (MODEL, FRAME + "?"),
         (ROWS, ROW, AT, BACKGROUND, GROUPS, SEED, replace(INSIDE, as_keyword=""),
          Option("method", "choice", "inside objects", ("integrated_gradients", "grad_cam"))),
         "%lepton explain_preview model"),
    Verb("interactions", "main effects, and what every two columns do together", (MODEL, FRAME + "?"),
         (ROWS, ROW, AT, BACKGROUND, BUDGET, HALFWIDTH, GROUPS, SEED),
         "%lepton interactions model --rows 50"),
    Verb("partial_dependence", "the mean output at each value of one column, and a curve a row",
         (MODEL, COLUMN, FRAME + "?"), (POINTS, SCALE, ROWS, ROW, AT, BUDGET, SEED),
         "%lepton partial_dependence model age"),
    Verb("accumulated_effects", "the effect of one column among rows that have such values (ALE)",
         (MODEL, COLUMN, FRAME + "?"), (POINTS, SCALE, ROWS, BUDGET, SEED),
         "%lepton accumulated_effects model age"),
    Verb("loss_importance", "which columns the accuracy rests on (SAGE), with 95 % intervals", (MODEL, FRAME + "?"),
         (ROWS, BACKGROUND, BUDGET, HALFWIDTH, GROUPS,
          Option("y", "name", "what is true of the rows, for a function: an array in the notebook"),
          Option("loss", "choice", "of a function", ("log_loss", "squared_error")), SEED),
         "%lepton loss_importance model --budget 30s"),
    Verb("counterfactuals", "the smallest changes of a row that lead to another prediction", (MODEL, FRAME + "?"),
         (Option("reach", "text", "a class, a probability such as '<0.2', or a number such as '>50000'"), ROW, AT, ROWS,
          Option("immutable", "columns", "a column that keeps its value; may be repeated"),
          Option("only-increase", "columns", "a column that may only grow; may be repeated"),
          Option("only-decrease", "columns", "a column that may only shrink; may be repeated"),
          Option("bounds", "bounds", "values a column may take; may be repeated", sample="amount=500..4000"),
          Option("n", "int", "alternatives wanted for each row"),
          Option("timeout", "duration", "wall time after which what is found is returned: 5s"), BACKGROUND, SEED),
         "%lepton counterfactuals model --row 17 --reach good --immutable age"),
    Verb("segments", "rows that the same columns move in the same way, each group with a short rule",
         (MODEL, FRAME + "?"),
         (Option("n", "int", "how many segments; as many as fit best if left out"), ROWS, BUDGET, SEED),
         "%lepton segments model --n 4"),
    Verb("whatif", "change one row and see what the model says", (MODEL, FRAME + "?"), (ROW, AT),
         "%lepton whatif model --row 17"),
    Verb("report", "one page that tells of a model and answers without a kernel, or a model card",
         (MODEL, FRAME + "?"),
         (Option("format", "choice", "a page, or the model card alone", ("html", "markdown", "json")),
          Option("path", "text", "where to write it; the model's name if left out"),
          Option("rows", "int", "how many rows to play with, chosen to tell different things"),
          Option("no-rows", "switch", "leave every single row of your data out"),
          Option("about", "name", "a dict in the notebook: intended_use, out_of_scope, ethics and more"),
          COSTS, Option("title", "text", "of the report"), SEED),
         "%lepton report model --format html --no-rows"),
    Verb("save", "write a model to one file", (MODEL, PATH),
         (Option("no-background", "switch", "leave out the background rows, which are real rows of your data"),),
         "%lepton save model credit.lepton"),
    Verb("load", "read a model from its file", (PATH,), (), "model = %lepton load credit.lepton"),
    Verb("runs", "list the runs, the newest first", (), (), "%lepton runs"),
    Verb("attach", "show a run again, live or finished, from any kernel", (RUN,), (), "run = %lepton attach k3fa"),
    Verb("stop", "end a run with the best weights so far", (RUN,), (), "%lepton stop k3fa"),
    Verb("resume", "go on with a run that was killed or stopped", (RUN, FRAME), (BUDGET, _TRAIN[-1]),
         "model = %lepton resume k3fa df"),
    Verb("demo", "an example table, as two frames: to train on, and to test on", (SAMPLE,), (),
         "df_train, df_test = %lepton demo credit", function="samples.load"),
    Verb("domains", "the lines of business there are defaults for, with data to try", (), (), "%lepton domains"),
    Verb("status", "the device, your frames and runs, and what to type next", (), (), "%lepton"),
    Verb("doctor", "what is installed, on what it computes, and what to install", (), (), "%lepton doctor"),
    Verb("help", "the verbs, or one of them", (VERB + "?",), (), "%lepton help train"),
)  # fmt: skip

VERBS: dict[str, Verb] = {verb.name: verb for verb in _TABLE}
