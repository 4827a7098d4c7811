/* Plain requests to trade, read straight into commands: what decoding and translating them gives, in a sixth of its
   instructions. gateway/inbound/plain.py says which they are. Whatever is not one, by any doubt, is None: then it is read as
   all others are, and refused with their words. tests/gateway/inbound/test_plain.py compares the two ways.

   A name is ASCII here, and JSON has no backslash. Nothing of a payload is read beyond its end; nothing is kept of it but names
   of accounts and instruments, whose strings are used again: they come with almost every request. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

enum Field { TYPE, ID, ACCOUNT, NAME, ORDER, INSTRUMENT, SIDE, QUANTITY, PRICE, KIND, LIFE, POST_ONLY, FIELDS };

#define HAS(field) (1u << (field))
/* What every request has. */
#define COMMON (HAS(TYPE) | HAS(ID) | HAS(ACCOUNT))

enum {
    MAX_NAME = 64,     /* engine/vocabulary/limits.py; `prepare` compares */
    WHOLE_DIGITS = 10, /* with 8 decimals below 2^63 */
    DECIMALS = 8,
    MOST_DIGITS = 18, /* of an integer */
    NAMES = 1024,
    MOST_CODES = 16,
};
static const unsigned long long LARGEST_ID = (1ull << 53) - 1;

typedef struct {
    const unsigned char *text;
    Py_ssize_t size;
} Piece;

typedef struct {
    const unsigned char *at, *end;
} Reader;

typedef struct {
    unsigned seen;
    Piece texts[FIELDS];
    unsigned long long numbers[ORDER + 1];
    int is_post_only;
} Request;

typedef struct {
    Py_ssize_t count;
    Piece words[MOST_CODES];
} Codes;

#define WORD(text) {(const unsigned char *)(text), sizeof(text) - 1}

static const Piece keys[FIELDS] = {
    WORD("type"), WORD("id"),       WORD("account"), WORD("client_order_id"), WORD("order_id"),      WORD("instrument"),
    WORD("side"), WORD("quantity"), WORD("price"),   WORD("order_type"),      WORD("time_in_force"), WORD("post_only"),
};
static const Piece new_order = WORD("new_order"), cancel_order = WORD("cancel_order"), amend_order = WORD("amend_order");
static const Piece limit = WORD("limit"), market = WORD("market");

/* ── what is known beforehand ─────────────────────────────────────────────────────────────────────────────────────── */

static PyObject *new_order_type, *cancel_order_type, *amend_order_type;
static PyObject *zero, *nameless, *plain_modes[2];
static Codes sides, kinds, lives;
static PyObject *known_names[NAMES];

static inline int
is_same(Piece one, Piece other)
{
    return one.size == other.size && memcmp(one.text, other.text, one.size) == 0;
}

/* Which of the codes a word is; below zero: none. */
static inline int
code_of(const Codes *codes, Piece word)
{
    for (int code = 0; code < codes->count; code++)
        if (is_same(codes->words[code], word))
            return code;
    return -1;
}

/* What a text may have: all of ASCII that is seen, and spaces; JSON's are without its quote and its backslash. */
enum { PACKED = 1, JSON = 2 };
static unsigned char texts[256];

static void
learn_texts(void)
{
    for (int byte = 0x20; byte <= 0x7E; byte++)
        texts[byte] = byte == '"' || byte == '\\' ? PACKED : PACKED | JSON;
}

/* ── values, of both codecs ───────────────────────────────────────────────────────────────────────────────────────── */

/* Put the text or number of a key where it belongs. Each gives 0 where the request is not a plain one. */

static inline int
field_of(Request *request, Piece key)
{
    for (int field = 0; field < FIELDS; field++)
        if (keys[field].size == key.size && keys[field].text[0] == key.text[0] && is_same(keys[field], key)) {
            if (request->seen & HAS(field))
                return -1;
            request->seen |= HAS(field);
            return field;
        }
    return -1;
}

static inline int
put_text(Request *request, int field, Piece text)
{
    request->texts[field] = text;
    return text.size > 0 && text.size <= MAX_NAME && field != ID && field != ORDER && field != POST_ONLY;
}

static inline int
put_number(Request *request, int field, unsigned long long number)
{
    if (field != ID && field != ORDER)
        return 0;
    request->numbers[field] = number;
    return 1;
}

static inline int
put_flag(Request *request, int field, int is_set)
{
    request->is_post_only = is_set;
    return field == POST_ONLY;
}

/* ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────── */

static inline void
skip_spaces(Reader *in)
{
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\n' || *in->at == '\r' || *in->at == '\t'))
        in->at++;
}

static inline int
take(Reader *in, unsigned char byte)
{
    skip_spaces(in);
    if (in->at == in->end || *in->at != byte)
        return 0;
    in->at++;
    return 1;
}

/* A text behind its first quote, and the quote behind it. */
static inline int
json_text(Reader *in, Piece *text)
{
    const unsigned char *at = in->at;
    while (at < in->end && texts[*at] & JSON)
        at++;
    text->text = in->at;
    text->size = at - in->at;
    in->at = at + 1;
    return at < in->end && *at == '"';
}

static inline int
json_number(Reader *in, unsigned long long *number)
{
    const unsigned char *first = in->at;
    *number = 0;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9') {
        if (in->at - first == MOST_DIGITS)
            return 0;
        *number = *number * 10 + (*in->at++ - '0');
    }
    /* What follows, a point or another letter, is looked at by who reads on. */
    return in->at - first == 1 || (in->at > first && *first != '0');
}

static int
json_word(Reader *in, Piece word)
{
    if (in->end - in->at < word.size || memcmp(in->at, word.text, word.size) != 0)
        return 0;
    in->at += word.size;
    return 1;
}

static int
json_value(Reader *in, Request *request, int field)
{
    static const Piece yes = WORD("true"), no = WORD("false");
    Piece text;
    unsigned long long number;
    skip_spaces(in);
    if (in->at == in->end)
        return 0;
    switch (*in->at) {
    case '"':
        in->at++;
        return json_text(in, &text) && put_text(request, field, text);
    case 't':
        return json_word(in, yes) && put_flag(request, field, 1);
    case 'f':
        return json_word(in, no) && put_flag(request, field, 0);
    default:
        return json_number(in, &number) && put_number(request, field, number);
    }
}

static int
read_json(Reader in, Request *request)
{
    if (!take(&in, '{'))
        return 0;
    do {
        Piece key;
        int field;
        if (!take(&in, '"') || !json_text(&in, &key) || (field = field_of(request, key)) < 0 || !take(&in, ':')
            || !json_value(&in, request, field))
            return 0;
    } while (take(&in, ','));
    if (!take(&in, '}'))
        return 0;
    skip_spaces(&in);
    return in.at == in.end;
}

/* ── MessagePack ──────────────────────────────────────────────────────────────────────────────────────────────────── */

/* A number of so many bytes, the highest first. */
static inline int
big_endian(Reader *in, int bytes, unsigned long long *number)
{
    if (in->end - in->at < bytes)
        return 0;
    *number = 0;
    while (bytes--)
        *number = *number << 8 | *in->at++;
    return 1;
}

static inline int
packed_text(Reader *in, unsigned long long size, Piece *text)
{
    if (size > (unsigned long long)(in->end - in->at))
        return 0;
    text->text = in->at;
    text->size = (Py_ssize_t)size;
    for (; size; size--)
        if (!(texts[*in->at++] & PACKED))
            return 0;
    return 1;
}

/* The size of a text, from its first byte on. */
static inline int
packed_size(Reader *in, unsigned char first, unsigned long long *size)
{
    *size = first & 0x1F;
    return (first & 0xE0) == 0xA0 || (first == 0xD9 && big_endian(in, 1, size));
}

static int
packed_value(Reader *in, Request *request, int field)
{
    unsigned long long number;
    Piece text;
    if (in->at == in->end)
        return 0;
    unsigned char first = *in->at++;
    if (first < 0x80)
        return put_number(request, field, first);
    if (first == 0xC2 || first == 0xC3)
        return put_flag(request, field, first == 0xC3);
    if (first >= 0xCC && first <= 0xCF)
        return big_endian(in, 1 << (first - 0xCC), &number) && put_number(request, field, number);
    return packed_size(in, first, &number) && packed_text(in, number, &text) && put_text(request, field, text);
}

static int
read_packed(Reader in, Request *request)
{
    unsigned long long count, size;
    if (in.at == in.end)
        return 0;
    unsigned char first = *in.at++;
    count = first & 0x0F;
    if ((first & 0xF0) != 0x80 && !(first == 0xDE && big_endian(&in, 2, &count)))
        return 0;
    for (; count; count--) {
        Piece key;
        int field;
        if (in.at == in.end)
            return 0;
        first = *in.at++;
        if (!packed_size(&in, first, &size) || !packed_text(&in, size, &key) || (field = field_of(request, key)) < 0
            || !packed_value(&in, request, field))
            return 0;
    }
    return in.at == in.end;
}

/* ── as arguments of a command ────────────────────────────────────────────────────────────────────────────────────── */

static PyObject *
text_of(Piece piece)
{
    PyObject *text = PyUnicode_New(piece.size, 0x7F);
    if (text != NULL)
        memcpy(PyUnicode_1BYTE_DATA(text), piece.text, piece.size);
    return text;
}

/* The string of an account or an instrument: mostly one that is there. */
static PyObject *
name_of(Piece piece)
{
    unsigned place = 2166136261u;
    for (Py_ssize_t at = 0; at < piece.size; at++)
        place = (place ^ piece.text[at]) * 16777619u;
    PyObject **kept = &known_names[(place ^ place >> 16) % NAMES];
    if (*kept == NULL || PyUnicode_GET_LENGTH(*kept) != piece.size
        || memcmp(PyUnicode_1BYTE_DATA(*kept), piece.text, piece.size) != 0) {
        PyObject *text = text_of(piece);
        if (text == NULL)
            return NULL;
        Py_XSETREF(*kept, text);
    }
    Py_INCREF(*kept);
    return *kept;
}

/* A decimal above zero as an integer scaled by 10^8; 0 where it is not one, or too long to be sure. */
static long long
scaled(Piece text)
{
    long long value = 0;
    Py_ssize_t at = 0, decimals = 0;
    for (; at < text.size && text.text[at] >= '0' && text.text[at] <= '9'; at++) {
        if (at == WHOLE_DIGITS)
            return 0;
        value = value * 10 + (text.text[at] - '0');
    }
    if (at == 0)
        return 0;
    if (at < text.size && text.text[at] == '.') {
        for (at++; at < text.size && text.text[at] >= '0' && text.text[at] <= '9'; at++) {
            if (decimals++ == DECIMALS)
                return 0;
            value = value * 10 + (text.text[at] - '0');
        }
        if (decimals == 0)
            return 0;
    }
    if (at != text.size)
        return 0;
    for (; decimals < DECIMALS; decimals++)
        value *= 10;
    return value;
}

/* The request's id and its command. Takes the arguments' references; one that could not be made is NULL, with the error set. */
static PyObject *
answer(const Request *request, PyObject *type, PyObject **arguments, Py_ssize_t count)
{
    PyObject *answered = NULL, *command = NULL;
    Py_ssize_t made = 0;
    while (made < count && arguments[made] != NULL)
        made++;
    if (made == count)
        command = PyObject_Vectorcall(type, arguments, count, NULL);
    for (Py_ssize_t place = 0; place < count; place++)
        Py_XDECREF(arguments[place]);
    if (command == NULL)
        return NULL;
    PyObject *id = PyLong_FromUnsignedLongLong(request->numbers[ID]);
    if (id != NULL)
        answered = PyTuple_Pack(2, id, command);
    Py_XDECREF(id);
    Py_DECREF(command);
    return answered;
}

static int
has(const Request *request, unsigned needed, unsigned allowed)
{
    return (request->seen & needed) == needed && !(request->seen & ~(COMMON | needed | allowed));
}

/* Whether the price and the quantity that are there can be read. */
static int
read_terms(const Request *request, long long *price, long long *quantity)
{
    *price = *quantity = 0;
    return (!(request->seen & HAS(PRICE)) || (*price = scaled(request->texts[PRICE])))
           && (!(request->seen & HAS(QUANTITY)) || (*quantity = scaled(request->texts[QUANTITY])));
}

/* Whether an order is named by one of its two ids. */
static int
is_named(const Request *request)
{
    if (!(request->seen & HAS(ORDER)))
        return request->seen & HAS(NAME);
    return !(request->seen & HAS(NAME)) && request->numbers[ORDER] > 0;
}

static PyObject *
order_number(const Request *request)
{
    return request->seen & HAS(ORDER) ? PyLong_FromUnsignedLongLong(request->numbers[ORDER]) : Py_NewRef(zero);
}

static PyObject *
order_name(const Request *request)
{
    return request->seen & HAS(NAME) ? text_of(request->texts[NAME]) : Py_NewRef(nameless);
}

static PyObject *
enter(const Request *request, PyObject *participant)
{
    const unsigned needed = HAS(NAME) | HAS(INSTRUMENT) | HAS(SIDE) | HAS(QUANTITY);
    long long price, quantity;
    int life = 0;
    if (!has(request, needed, HAS(PRICE) | HAS(KIND) | HAS(LIFE) | HAS(POST_ONLY)) || !read_terms(request, &price, &quantity))
        Py_RETURN_NONE;
    Piece kind = request->seen & HAS(KIND) ? request->texts[KIND] : limit;
    int side = code_of(&sides, request->texts[SIDE]), kind_code = code_of(&kinds, kind);
    if (request->seen & HAS(LIFE))
        life = code_of(&lives, request->texts[LIFE]);
    if (side < 0 || life < 0 || kind_code < 0 || !is_same(kind, price ? limit : market))
        Py_RETURN_NONE;
    PyObject *arguments[] = {
        Py_NewRef(participant),
        name_of(request->texts[ACCOUNT]),
        text_of(request->texts[NAME]),
        name_of(request->texts[INSTRUMENT]),
        PyLong_FromLong(side),
        PyLong_FromLong(kind_code),
        PyLong_FromLong(life),
        PyLong_FromLongLong(price),
        PyLong_FromLongLong(quantity),
        Py_NewRef(plain_modes[request->is_post_only]),
    };
    return answer(request, new_order_type, arguments, sizeof arguments / sizeof arguments[0]);
}

static PyObject *
cancel(const Request *request, PyObject *participant)
{
    if (!has(request, 0, HAS(NAME) | HAS(ORDER)) || !is_named(request))
        Py_RETURN_NONE;
    PyObject *arguments[] = {
        Py_NewRef(participant),
        name_of(request->texts[ACCOUNT]),
        order_number(request),
        order_name(request),
    };
    return answer(request, cancel_order_type, arguments, sizeof arguments / sizeof arguments[0]);
}

static PyObject *
amend(const Request *request, PyObject *participant)
{
    long long price, quantity;
    if (!has(request, 0, HAS(NAME) | HAS(ORDER) | HAS(PRICE) | HAS(QUANTITY))
        || !is_named(request) || !read_terms(request, &price, &quantity) || (!price && !quantity))
        Py_RETURN_NONE;
    PyObject *arguments[] = {
        Py_NewRef(participant),
        name_of(request->texts[ACCOUNT]),
        order_number(request),
        order_name(request),
        PyLong_FromLongLong(price),
        PyLong_FromLongLong(quantity),
        Py_NewRef(zero),
        Py_NewRef(zero),
    };
    return answer(request, amend_order_type, arguments, sizeof arguments / sizeof arguments[0]);
}

static PyObject *
scan(PyObject *const *arguments, Py_ssize_t count, int (*read)(Reader, Request *))
{
    if (count != 2 || !PyUnicode_Check(arguments[1])) {
        PyErr_SetString(PyExc_TypeError, "a payload and a participant");
        return NULL;
    }
    if (new_order_type == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "not prepared");
        return NULL;
    }
    if (!PyBytes_CheckExact(arguments[0]))
        Py_RETURN_NONE;
    const unsigned char *first = (const unsigned char *)PyBytes_AS_STRING(arguments[0]);
    Request request;
    request.seen = 0;
    request.is_post_only = 0;
    if (!read((Reader){first, first + PyBytes_GET_SIZE(arguments[0])}, &request) || (request.seen & COMMON) != COMMON
        || request.numbers[ID] > LARGEST_ID
        || (request.seen & HAS(ORDER) && request.numbers[ORDER] > LLONG_MAX))
        Py_RETURN_NONE;
    Piece type = request.texts[TYPE];
    if (is_same(type, new_order))
        return enter(&request, arguments[1]);
    if (is_same(type, cancel_order))
        return cancel(&request, arguments[1]);
    if (is_same(type, amend_order))
        return amend(&request, arguments[1]);
    Py_RETURN_NONE;
}

static PyObject *
scan_json(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    return scan(arguments, count, read_json);
}

static PyObject *
scan_msgpack(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    return scan(arguments, count, read_packed);
}

/* ── the module ───────────────────────────────────────────────────────────────────────────────────────────────────── */

/* Learn words; the tuple is kept, and so are its texts. */
static int
learn(Codes *codes, PyObject *words)
{
    codes->count = PyTuple_GET_SIZE(words);
    if (codes->count > MOST_CODES) {
        PyErr_SetString(PyExc_TypeError, "too many codes");
        return -1;
    }
    Py_INCREF(words);
    for (Py_ssize_t code = 0; code < codes->count; code++) {
        const char *text = PyUnicode_AsUTF8AndSize(PyTuple_GET_ITEM(words, code), &codes->words[code].size);
        if (text == NULL)
            return -1;
        codes->words[code].text = (const unsigned char *)text;
    }
    return 0;
}

static PyObject *
prepare(PyObject *module, PyObject *arguments)
{
    PyObject *types[3], *words[3], *modes[2];
    int longest_name, decimals;
    if (!PyArg_ParseTuple(arguments, "(OOO)(O!O!O!)(OO)ii", &types[0], &types[1], &types[2], &PyTuple_Type, &words[0],
                          &PyTuple_Type, &words[1], &PyTuple_Type, &words[2], &modes[0], &modes[1], &longest_name, &decimals))
        return NULL;
    if (longest_name != MAX_NAME || decimals != DECIMALS) {
        PyErr_SetString(PyExc_ValueError, "a limit is another one than here");
        return NULL;
    }
    if (learn(&sides, words[0]) < 0 || learn(&kinds, words[1]) < 0 || learn(&lives, words[2]) < 0)
        return NULL;
    learn_texts();
    zero = PyLong_FromLong(0);
    nameless = PyUnicode_New(0, 0);
    if (zero == NULL || nameless == NULL)
        return NULL;
    /* As long as the process. */
    plain_modes[0] = Py_NewRef(modes[0]);
    plain_modes[1] = Py_NewRef(modes[1]);
    cancel_order_type = Py_NewRef(types[1]);
    amend_order_type = Py_NewRef(types[2]);
    new_order_type = Py_NewRef(types[0]);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"prepare", prepare, METH_VARARGS, "Learn the classes of commands, and the words of requests."},
    {"json", (PyCFunction)(void (*)(void))scan_json, METH_FASTCALL, "The id and the command of a plain request; None of another."},
    {"msgpack", (PyCFunction)(void (*)(void))scan_msgpack, METH_FASTCALL, "The same of MessagePack."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "scanned", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_scanned(void)
{
    return PyModule_Create(&definition);
}
