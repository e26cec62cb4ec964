<?php
// The PHP peer: PUT /_connector/{id}/_last_sync with the checks of the API, and all that lastsync does
// with a report in Redis.
// json_decode sees no duplicate keys: the last one counts.
declare(strict_types=1);

require __DIR__ . '/report_call.php';

const WORDS = [
    'canceling' => true, 'canceled' => true, 'completed' => true, 'error' => true,
    'in_progress' => true, 'pending' => true, 'suspended' => true,
];
const KINDS = [
    'last_sync_status' => 'status',
    'last_access_control_sync_status' => 'status',
    'last_synced' => 'instant',
    'last_sync_error' => 'text',
    'last_access_control_sync_error' => 'text',
    'last_indexed_document_count' => 'count',
    'last_deleted_document_count' => 'count',
    'last_sync_scheduled_at' => 'instant',
    'last_incremental_sync_scheduled_at' => 'instant',
    'last_access_control_sync_scheduled_at' => 'instant',
];
const STORED_FORM = '/^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/D';
const FORM = '/^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3])(?::([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?)?'
    . '(?:Z|([+-])(\d\d)(?::?(\d\d))?)?$/D';

function respond(int $status, string $body): never
{
    http_response_code($status);
    header('Content-Type: application/json');
    header('X-elastic-product: Elasticsearch');
    header('Content-Length: ' . strlen($body));
    echo $body;
    exit;
}

function refuse(int $status, string $type, string $reason): never
{
    $cause = ['type' => $type, 'reason' => $reason];
    respond($status, json_encode(['error' => ['root_cause' => [$cause]] + $cause, 'status' => $status]));
}

function print_instant(int $seconds, string $fraction): string
{
    return gmdate('Y-m-d\TH:i:s.', $seconds) . str_pad(rtrim($fraction, '0'), 3, '0') . 'Z';
}

// The stored form of a datetime, or null.
function instant(string $text): ?string
{
    if (preg_match(STORED_FORM, $text, $found)) {
        return checkdate((int) $found[2], (int) $found[3], (int) $found[1]) ? $text : null;
    }
    if (preg_match(FORM, $text, $found, PREG_UNMATCHED_AS_NULL)) {
        [, $year, $month, $day, $hour, $minute, $second, $fraction, $sign, $hours, $minutes] = $found;
        if (!checkdate((int) $month, (int) $day, (int) $year)) {
            return null;
        }
        $seconds = gmmktime((int) $hour, (int) $minute, (int) $second, (int) $month, (int) $day, (int) $year);
        $offset = (int) $hours * 3600 + (int) $minutes * 60;
        return print_instant($seconds - ($sign === '-' ? -$offset : $offset), $fraction ?? '');
    }
    if (strlen($text) !== 4 && preg_match('/^(-?\d{1,18})(?:\.\d+)?$/D', $text, $found)) {
        $milliseconds = (int) $found[1];
        $part = ($milliseconds % 1000 + 1000) % 1000;
        return print_instant(intdiv($milliseconds - $part, 1000), sprintf('%03d', $part));
    }
    return null;
}

// A count in decimal, or null.
function count_of(mixed $value): ?string
{
    if (is_string($value)) {
        if (preg_match('/^[+-]?\d{1,18}$/D', $value)) {
            return (string) (int) $value;
        }
        $value = preg_match('/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/D', $value) ? (float) $value : null;
    }
    if (is_int($value)) {
        return (string) $value;
    }
    return is_float($value) && abs($value) < 2 ** 63 ? (string) (int) $value : null;
}

// What is stored for a value, or null where it is refused.
function stored(string $kind, mixed $value): ?string
{
    if ($kind === 'count') {
        return count_of($value);
    }
    if (!is_string($value)) {
        return null;
    }
    if ($kind === 'text') {
        return $value;
    }
    if ($kind === 'status') {
        $word = strtolower($value);
        return isset(WORDS[$word]) ? $word : null;
    }
    return instant($value);
}

// What is to be stored of a body, by field: a text, or null to clear it.
function read_fields(array $document): array
{
    $fields = [];
    foreach ($document as $field => $value) {
        $kind = KINDS[$field] ?? null;
        if ($kind === null) {
            refuse(400, 'x_content_parse_exception', "unknown field [$field]");
        }
        $fields[$field] = null;
        if ($value === null && $kind !== 'count') {
            continue;
        }
        $fields[$field] = stored($kind, $value)
            ?? refuse(400, 'x_content_parse_exception', "failed to parse field [$field]");
    }
    return $fields;
}

function connector_id(): string
{
    if (!preg_match('~^/_connector/([^/?]+)/_last_sync$~D', $_SERVER['REQUEST_URI'], $found)) {
        refuse(400, 'illegal_argument_exception', 'no handler found for uri');
    }
    if ($_SERVER['REQUEST_METHOD'] !== 'PUT') {
        refuse(405, 'illegal_argument_exception', 'Incorrect HTTP method');
    }
    return rawurldecode($found[1]);
}

function read_body(): array
{
    if (!preg_match('~^application/json\s*(;|$)~i', $_SERVER['CONTENT_TYPE'] ?? '')) {
        refuse(406, 'media_type_header_exception', 'Content-Type header is not supported');
    }
    $body = file_get_contents('php://input');
    if ($body === '') {
        refuse(400, 'parse_exception', 'request body is required');
    }
    $document = json_decode($body, true, 64);
    if (!is_array($document) || ltrim($body, " \t\r\n")[0] !== '{') {
        refuse(400, 'x_content_parse_exception', 'Expected START_OBJECT');
    }
    return $document;
}

// The outcome.
function write(string $id, array $fields): string
{
    $words = report_words($id, $fields);
    $redis = new Redis();
    $redis->pconnect(getenv('BENCH_REDIS'));
    $answer = $redis->evalSha(getenv('BENCH_SHA'), $words, 1);
    if ($answer === false) {
        $answer = $redis->eval(file_get_contents(getenv('BENCH_SCRIPT')), $words, 1);
    }
    return read_outcome((string) $answer);
}

$id = connector_id();
$fields = read_fields(read_body());
try {
    $outcome = write($id, $fields);
} catch (RedisException $problem) {
    refuse(503, 'unavailable_exception', $problem->getMessage());
}
match ($outcome) {
    'updated' => respond(200, '{"result":"updated"}'),
    'noop' => respond(200, '{"result":"noop"}'),
    'missing' => refuse(404, 'resource_not_found_exception', "connector [$id] not found"),
    default => refuse(503, 'unavailable_exception', 'unexpected answer'),
};
