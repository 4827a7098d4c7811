/* The reports that come most often, as whole WebSocket frames of JSON: what gateway/outbound/private_reports/direct.py gives,
   byte for byte, in a fifth of its instructions. That module says what the pieces are; it runs where this is not compiled, and
   tests/gateway/outbound/private_reports/test_direct.py compares the two.

   A field of an event is read where it stands in its object, as its class says (`prepare`). Nothing is kept from one report to
   the next. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

/* ── what is known beforehand ─────────────────────────────────────────────────────────────────────────────────────── */

enum { MAX_FIELDS = 32, HEADER = 4, LONGEST_HEADER = 10, FIRST_BUFFER = 1024 };

typedef struct {
    PyTypeObject *type;
    Py_ssize_t count;
    Py_ssize_t offsets[MAX_FIELDS];
    PyObject *heads; /* account -> how its reports of this kind begin */
} Kind;

static Kind accepted_kind, trade_kind, cancelled_kind;
static PyObject *terms;       /* by side, type and time in force */
static PyObject *sided;       /* by side */
static PyObject *reasons;     /* by reason of a cancel */
static PyObject *statuses;    /* new, partially filled, filled, cancelled */
static PyObject *no_words;    /* what the fields of a cancel are that says nothing in words */
static PyObject *quoted;      /* a text as JSON */
static long order_types, lifetimes;
enum { NEW, PARTIALLY_FILLED, FILLED, CANCELLED };

/* Places of fields. */
enum { A_ORDER, A_ACCOUNT, A_SEQ, A_NAME, A_INSTRUMENT, A_SIDE, A_TYPE, A_LIFETIME, A_PRICE, A_LOTS, A_STOP };
enum { C_ORDER, C_ACCOUNT, C_SEQ, C_NAME, C_INSTRUMENT, C_SIDE, C_PRICE, C_FILLED, C_GONE, C_REASON = 10, C_WHY };
enum { T_ID, T_INSTRUMENT, T_PRICE, T_LOTS, T_SIDE, T_MAKER, T_TAKER = 12 };
enum { OF_ORDER, OF_ACCOUNT, OF_SEQ, OF_NAME, OF_FILLED, OF_LEAVES, OF_FEE };
/* What is known of an instrument. */
enum { OF_ORDERS, NONE_LEFT, PRICES, QUANTITIES, MONEY, KNOWN };

/* ── the buffer ───────────────────────────────────────────────────────────────────────────────────────────────────── */

/* On the stack, and beyond it only where a report is longer than most. */
typedef struct {
    char *bytes;
    Py_ssize_t room, used;
    char first[FIRST_BUFFER];
} Buffer;

static inline void
start(Buffer *out)
{
    out->bytes = out->first;
    out->room = FIRST_BUFFER;
    /* The header comes before the payload, whose size is known last. */
    out->used = LONGEST_HEADER;
}

static int
make_room(Buffer *out, Py_ssize_t size)
{
    Py_ssize_t wanted = 2 * (out->used + size);
    char *larger = out->bytes == out->first ? PyMem_Malloc(wanted) : PyMem_Realloc(out->bytes, wanted);
    if (larger == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (out->bytes == out->first)
        memcpy(larger, out->first, out->used);
    out->bytes = larger;
    out->room = wanted;
    return 0;
}

static inline int
put(Buffer *out, const char *text, Py_ssize_t size)
{
    if (out->room - out->used < size && make_room(out, size) < 0)
        return -1;
    memcpy(out->bytes + out->used, text, size);
    out->used += size;
    return 0;
}

#define PUT(literal) put(out, "" literal, sizeof(literal) - 1)

static inline int
put_text(Buffer *out, PyObject *text)
{
    Py_ssize_t size;
    const char *found = text == NULL ? NULL : PyUnicode_AsUTF8AndSize(text, &size);
    return found == NULL ? -1 : put(out, found, size);
}

/* 00 to 99. */
static char pairs[200];

static inline int
put_number(Buffer *out, long long value)
{
    char digits[20];
    int at = sizeof digits;
    unsigned long long left = value < 0 ? 0ULL - (unsigned long long)value : (unsigned long long)value;
    for (; left >= 100; left /= 100) {
        at -= 2;
        memcpy(digits + at, &pairs[left % 100 * 2], 2);
    }
    do
        digits[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (value < 0)
        digits[--at] = '-';
    return put(out, digits + at, (Py_ssize_t)sizeof digits - at);
}

static int
put_quoted(Buffer *out, PyObject *text)
{
    Py_ssize_t size;
    const char *found = PyUnicode_AsUTF8AndSize(text, &size);
    if (found == NULL)
        return -1;
    for (Py_ssize_t at = 0; at < size; at++) {
        unsigned char each = (unsigned char)found[at];
        if (each < 0x20 || each == '"' || each == '\\') {
            PyObject *escaped = PyObject_CallOneArg(quoted, text);
            int failed = put_text(out, escaped);
            Py_XDECREF(escaped);
            return failed;
        }
    }
    return PUT("\"") < 0 || put(out, found, size) < 0 || PUT("\"") < 0 ? -1 : 0;
}

/* The string that a cache has for a number. */
static int
put_cached(Buffer *out, PyObject *cache, PyObject *number)
{
    PyObject *known = PyDict_Check(cache) ? PyDict_GetItemWithError(cache, number) : NULL;
    if (known != NULL)
        return put_text(out, known);
    if (PyErr_Occurred())
        return -1;
    /* It is not there yet: the cache makes it. */
    PyObject *text = PyObject_GetItem(cache, number);
    int failed = put_text(out, text);
    Py_XDECREF(text);
    return failed;
}

/* ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────────── */

static inline PyObject *
field(const Kind *kind, PyObject *event, Py_ssize_t place)
{
    return *(PyObject **)((char *)event + kind->offsets[place]);
}

static inline long long
number(const Kind *kind, PyObject *event, Py_ssize_t place)
{
    return PyLong_AsLongLong(field(kind, event, place));
}

/* Whether a number is not zero, however large it is. */
static inline int
is_any(const Kind *kind, PyObject *event, Py_ssize_t place)
{
    return PyObject_IsTrue(field(kind, event, place));
}

/* All fields are there, and the event is of its kind: nothing else may be read by offsets. */
static int
is_sound(const Kind *kind, PyObject *event)
{
    if (Py_TYPE(event) != kind->type) {
        PyErr_SetString(PyExc_TypeError, "not an event of this kind");
        return 0;
    }
    for (Py_ssize_t place = 0; place < kind->count; place++) {
        if (field(kind, event, place) == NULL) {
            PyErr_SetString(PyExc_AttributeError, "a field is missing");
            return 0;
        }
    }
    return 1;
}

static PyObject *
piece(PyObject *pieces, long long place)
{
    if (place < 0 || place >= PyTuple_GET_SIZE(pieces)) {
        PyErr_SetString(PyExc_IndexError, "an unknown code");
        return NULL;
    }
    return PyTuple_GET_ITEM(pieces, place);
}

/* ── what all reports have ────────────────────────────────────────────────────────────────────────────────────────── */

/* What is said of a report beside its event, as the functions below take it. */
enum { EVENT, INSTRUMENTS, COMMAND_SEQ, PLACE, AS_FIRST, TIME_NS, REQUEST_ID, ARGUMENTS };

static PyObject *
known_of(PyObject *const *arguments, PyObject *instrument)
{
    PyObject *known = PyDict_GetItemWithError(arguments[INSTRUMENTS], instrument);
    if (known == NULL && !PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, instrument);
    if (known != NULL && !(PyTuple_CheckExact(known) && PyTuple_GET_SIZE(known) == KNOWN)) {
        PyErr_SetString(PyExc_TypeError, "not what is known of an instrument");
        return NULL;
    }
    return known;
}

/* From the head to `seq`. */
static int
begin(Buffer *out, const Kind *kind, PyObject *const *arguments, Py_ssize_t of, PyObject *known, int status)
{
    PyObject *event = arguments[EVENT], *request_id = arguments[REQUEST_ID];
    if (put_cached(out, kind->heads, field(kind, event, of + OF_ACCOUNT)) < 0 || put_number(out, number(kind, event, of + OF_ORDER)) < 0
        || PUT(",\"client_order_id\":") < 0 || put_quoted(out, field(kind, event, of + OF_NAME)) < 0
        || put_text(out, PyTuple_GET_ITEM(known, OF_ORDERS)) < 0 || put_text(out, piece(statuses, status)) < 0
        || put_number(out, PyLong_AsLongLong(arguments[COMMAND_SEQ])) < 0 || PUT("-") < 0
        || put_number(out, PyLong_AsLongLong(arguments[PLACE])) < 0 || (arguments[AS_FIRST] == Py_True && PUT("m") < 0)
        || PUT("\",\"transact_time\":") < 0 || put_number(out, PyLong_AsLongLong(arguments[TIME_NS])) < 0)
        return -1;
    if (request_id != Py_None && (PUT(",\"id\":") < 0 || put_number(out, PyLong_AsLongLong(request_id)) < 0))
        return -1;
    return PUT(",\"seq\":") < 0 || put_number(out, number(kind, event, of + OF_SEQ)) < 0 ? -1 : 0;
}

/* The frame: its header before what stands in the buffer (RFC 6455 section 5.2). */
static PyObject *
end(Buffer *out, int failed)
{
    PyObject *frame = NULL;
    if (failed == 0 && !PyErr_Occurred()) {
        Py_ssize_t size = out->used - LONGEST_HEADER, left = size;
        int header = size < 126 ? 2 : size < 65536 ? HEADER : LONGEST_HEADER;
        unsigned char *first = (unsigned char *)out->bytes + LONGEST_HEADER - header;
        first[0] = 0x81;
        first[1] = (unsigned char)(header == 2 ? size : header == HEADER ? 126 : 127);
        for (int at = header - 1; at > 1; at--, left >>= 8)
            first[at] = (unsigned char)(left & 0xFF);
        frame = PyBytes_FromStringAndSize((char *)first, size + header);
    }
    if (out->bytes != out->first)
        PyMem_Free(out->bytes);
    return frame;
}

static int
is_called_well(const Kind *kind, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != ARGUMENTS || !PyDict_Check(arguments[INSTRUMENTS])) {
        PyErr_SetString(PyExc_TypeError, "event, instruments, command_seq, place, as_first, time_ns, request_id");
        return 0;
    }
    if (kind->type == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "not prepared");
        return 0;
    }
    return is_sound(kind, arguments[EVENT]);
}

/* ── the reports ──────────────────────────────────────────────────────────────────────────────────────────────────── */

/* A field that stands in the report if it is not zero: its key, which opens the quotes, and the string of its number. */
#define PUT_IF_ANY(key, cache, place)                                                                                       \
    (!is_any(kind, event, place)                                                                                            \
         ? 0                                                                                                                \
         : PUT(key) < 0 || put_cached(out, cache, field(kind, event, place)) < 0 || PUT("\"") < 0 ? -1 : 0)

static int
put_accepted(Buffer *out, PyObject *const *arguments)
{
    const Kind *kind = &accepted_kind;
    PyObject *event = arguments[EVENT];
    PyObject *known = known_of(arguments, field(kind, event, A_INSTRUMENT));
    if (known == NULL || begin(out, kind, arguments, A_ORDER, known, NEW) < 0)
        return -1;
    long long side = number(kind, event, A_SIDE), type = number(kind, event, A_TYPE);
    PyObject *prices = PyTuple_GET_ITEM(known, PRICES), *quantities = PyTuple_GET_ITEM(known, QUANTITIES);
    if (put_text(out, piece(terms, (side * order_types + type) * lifetimes + number(kind, event, A_LIFETIME))) < 0
        || PUT_IF_ANY(",\"price\":\"", prices, A_PRICE) < 0 || PUT_IF_ANY(",\"quantity\":\"", quantities, A_LOTS) < 0
        || PUT(",\"filled_quantity\":\"") < 0 || put_text(out, PyTuple_GET_ITEM(known, NONE_LEFT)) < 0 || PUT("\"") < 0
        || PUT_IF_ANY(",\"leaves_quantity\":\"", quantities, A_LOTS) < 0
        || PUT_IF_ANY(",\"stop_price\":\"", prices, A_STOP) < 0)
        return -1;
    return PUT("}");
}

/* The string of a sum of lots. */
static int
put_sum(Buffer *out, PyObject *cache, PyObject *one, PyObject *other)
{
    PyObject *sum = PyNumber_Add(one, other);
    int failed = sum == NULL ? -1 : put_cached(out, cache, sum);
    Py_XDECREF(sum);
    return failed;
}

/* The string of a field of lots, or that of none. */
static int
put_lots(Buffer *out, const Kind *kind, PyObject *event, PyObject *known, Py_ssize_t place)
{
    if (!is_any(kind, event, place))
        return put_text(out, PyTuple_GET_ITEM(known, NONE_LEFT));
    return put_cached(out, PyTuple_GET_ITEM(known, QUANTITIES), field(kind, event, place));
}

static int
put_trade(Buffer *out, PyObject *const *arguments)
{
    const Kind *kind = &trade_kind;
    PyObject *event = arguments[EVENT];
    PyObject *known = known_of(arguments, field(kind, event, T_INSTRUMENT));
    if (known == NULL)
        return -1;
    int is_maker = arguments[AS_FIRST] == Py_True;
    Py_ssize_t of = is_maker ? T_MAKER : T_TAKER;
    PyObject *filled = field(kind, event, of + OF_FILLED), *leaves = field(kind, event, of + OF_LEAVES);
    long long taker_side = number(kind, event, T_SIDE);
    PyObject *prices = PyTuple_GET_ITEM(known, PRICES), *quantities = PyTuple_GET_ITEM(known, QUANTITIES);
    if (begin(out, kind, arguments, of, known, is_any(kind, event, of + OF_LEAVES) ? PARTIALLY_FILLED : FILLED) < 0
        || put_text(out, piece(sided, is_maker ? !taker_side : taker_side)) < 0 || PUT(",\"quantity\":\"") < 0
        || put_sum(out, quantities, filled, leaves) < 0 || PUT("\",\"filled_quantity\":\"") < 0
        || put_lots(out, kind, event, known, of + OF_FILLED) < 0 || PUT("\",\"leaves_quantity\":\"") < 0
        || put_lots(out, kind, event, known, of + OF_LEAVES) < 0 || PUT("\",\"last_price\":\"") < 0
        || put_cached(out, prices, field(kind, event, T_PRICE)) < 0 || PUT("\",\"last_quantity\":\"") < 0
        || put_cached(out, quantities, field(kind, event, T_LOTS)) < 0 || PUT("\",\"liquidity\":\"") < 0
        || (is_maker ? PUT("maker") : PUT("taker")) < 0 || PUT("\",\"trade_id\":") < 0
        || put_number(out, number(kind, event, T_ID)) < 0 || PUT(",\"fee\":\"") < 0
        || put_cached(out, PyTuple_GET_ITEM(known, MONEY), field(kind, event, of + OF_FEE)) < 0)
        return -1;
    return PUT("\"}");
}

static int
put_cancelled(Buffer *out, PyObject *const *arguments)
{
    const Kind *kind = &cancelled_kind;
    PyObject *event = arguments[EVENT];
    PyObject *known = known_of(arguments, field(kind, event, C_INSTRUMENT));
    if (known == NULL || begin(out, kind, arguments, C_ORDER, known, CANCELLED) < 0)
        return -1;
    PyObject *prices = PyTuple_GET_ITEM(known, PRICES), *quantities = PyTuple_GET_ITEM(known, QUANTITIES);
    if (put_text(out, piece(sided, number(kind, event, C_SIDE))) < 0 || PUT_IF_ANY(",\"price\":\"", prices, C_PRICE) < 0
        || PUT(",\"quantity\":\"") < 0
        || put_sum(out, quantities, field(kind, event, C_FILLED), field(kind, event, C_GONE)) < 0
        || PUT("\",\"filled_quantity\":\"") < 0 || put_lots(out, kind, event, known, C_FILLED) < 0
        || PUT("\",\"leaves_quantity\":\"") < 0 || put_text(out, PyTuple_GET_ITEM(known, NONE_LEFT)) < 0
        || PUT("\",\"reason\":\"") < 0 || put_text(out, piece(reasons, number(kind, event, C_REASON))) < 0)
        return -1;
    return PUT("\"}");
}

static PyObject *
accepted(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    Buffer out;
    if (!is_called_well(&accepted_kind, arguments, count))
        return NULL;
    start(&out);
    return end(&out, put_accepted(&out, arguments));
}

static PyObject *
trade(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    Buffer out;
    if (!is_called_well(&trade_kind, arguments, count))
        return NULL;
    start(&out);
    return end(&out, put_trade(&out, arguments));
}

/* None where words are to be said of it. */
static PyObject *
cancelled(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    const Kind *kind = &cancelled_kind;
    Buffer out;
    if (!is_called_well(kind, arguments, count))
        return NULL;
    for (Py_ssize_t place = C_WHY; place < kind->count; place++) {
        PyObject *none = PyTuple_GET_ITEM(no_words, place - C_WHY);
        int is_same = PyObject_RichCompareBool(field(kind, arguments[EVENT], place), none, Py_EQ);
        if (is_same < 0)
            return NULL;
        if (!is_same)
            Py_RETURN_NONE;
    }
    start(&out);
    return end(&out, put_cancelled(&out, arguments));
}

/* ── the module ───────────────────────────────────────────────────────────────────────────────────────────────────── */

static int
learn(Kind *kind, PyObject *type, PyObject *heads)
{
    PyObject *names = PyObject_GetAttrString(type, "__struct_fields__");
    if (names == NULL || !PyType_Check(type) || !PyTuple_CheckExact(names) || PyTuple_GET_SIZE(names) > MAX_FIELDS) {
        Py_XDECREF(names);
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "not a class of messages");
        return -1;
    }
    kind->count = PyTuple_GET_SIZE(names);
    for (Py_ssize_t place = 0; place < kind->count; place++) {
        PyObject *found = PyObject_GetAttr(type, PyTuple_GET_ITEM(names, place));
        if (found == NULL || !Py_IS_TYPE(found, &PyMemberDescr_Type)
            || ((PyMemberDescrObject *)found)->d_member->type != T_OBJECT_EX) {
            Py_XDECREF(found);
            Py_DECREF(names);
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_TypeError, "a field that stands at no place of its own");
            return -1;
        }
        kind->offsets[place] = ((PyMemberDescrObject *)found)->d_member->offset;
        Py_DECREF(found);
    }
    Py_DECREF(names);
    Py_INCREF(type);
    kind->type = (PyTypeObject *)type;
    Py_INCREF(heads);
    kind->heads = heads;
    return 0;
}

static PyObject *
prepare(PyObject *module, PyObject *arguments)
{
    for (int number = 0; number < 100; number++) {
        pairs[number * 2] = (char)('0' + number / 10);
        pairs[number * 2 + 1] = (char)('0' + number % 10);
    }
    PyObject *types[3], *heads[3], *kept[6];
    if (!PyArg_ParseTuple(arguments, "(OOO)(OOO)(O!O!O!O!O!O)ll", &types[0], &types[1], &types[2], &heads[0], &heads[1], &heads[2],
                          &PyTuple_Type, &kept[0], &PyTuple_Type, &kept[1], &PyTuple_Type, &kept[2], &PyTuple_Type, &kept[3],
                          &PyTuple_Type, &kept[4], &kept[5], &order_types, &lifetimes))
        return NULL;
    PyObject **places[] = {&terms, &sided, &reasons, &statuses, &no_words, &quoted};
    for (size_t place = 0; place < sizeof kept / sizeof kept[0]; place++) {
        /* As long as the process. */
        Py_INCREF(kept[place]);
        *places[place] = kept[place];
    }
    if (learn(&accepted_kind, types[0], heads[0]) < 0 || learn(&trade_kind, types[1], heads[1]) < 0
        || learn(&cancelled_kind, types[2], heads[2]) < 0)
        return NULL;
    if (accepted_kind.count != A_STOP + 1 || trade_kind.count != T_TAKER + OF_FEE + 1
        || cancelled_kind.count != C_WHY + PyTuple_GET_SIZE(no_words)) {
        PyErr_SetString(PyExc_TypeError, "an event has other fields");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"prepare", prepare, METH_VARARGS, "Learn the classes of events, and what their reports are made of."},
    {"accepted", (PyCFunction)(void (*)(void))accepted, METH_FASTCALL, "The frame of an order that passed every check."},
    {"trade", (PyCFunction)(void (*)(void))trade, METH_FASTCALL, "The frame of one side of a fill."},
    {"cancelled", (PyCFunction)(void (*)(void))cancelled, METH_FASTCALL, "The frame of a cancel; None if more is to be said."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "written", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_written(void)
{
    return PyModule_Create(&definition);
}
