<?php
// How the PHP peer calls the script of a report, report.lua.
declare(strict_types=1);

// lastsync's defaults.
const HISTORY = 100;
const LATENESS = '86400 600'; // --max-age and --late-grace
const DAYS = 0;
const EVENTS = 0;
// Bytes behind which a text is long: see key_long.
const LONG_TEXT = 1024;
// In the order of report.lua's letters, which is that of REPORT_FIELD in fields.def.
const FIELDS = [
    'last_sync_status', 'last_access_control_sync_status', 'last_sync_error',
    'last_access_control_sync_error', 'last_synced', 'last_indexed_document_count',
    'last_deleted_document_count', 'last_sync_scheduled_at', 'last_incremental_sync_scheduled_at',
    'last_access_control_sync_scheduled_at',
];

function connector_key(string $id): string
{
    $escaped = preg_replace_callback('/[{}%[:cntrl:]]/', fn ($found) => sprintf('%%%02X', ord($found[0])), $id);
    return "connector:{{$escaped}}";
}

// The time that a success counts as, as it is stored and in milliseconds: that of the sync, but never later
// than now.
function success_time(?string $synced, string $time, int $now): array
{
    $seconds = $synced !== null && $synced[4] === '-' ? strtotime($synced) : false;
    if ($seconds === false || $seconds < 1) {
        return [$time, $now];
    }
    $millis = $seconds * 1000 + (int) substr($synced, 20, 3);
    return $millis > $now ? [$time, $now] : [$synced, $millis];
}

// The key and arguments. Fields: a text, or null to clear one.
function report_words(string $id, array $fields): array
{
    $now = (int) (microtime(true) * 1000);
    $time = gmdate('Y-m-d\TH:i:s.', intdiv($now, 1000)) . sprintf('%03dZ', $now % 1000);
    $letters = '';
    $mode = 'report';
    $values = [];
    foreach (FIELDS as $field) {
        if (isset($fields[$field])) {
            $letters .= 's';
            $values[] = $fields[$field];
            if (strlen($fields[$field]) > LONG_TEXT) {
                $mode = 'long report';
            }
        } else {
            $letters .= array_key_exists($field, $fields) ? 'c' : '-';
        }
    }
    return [connector_key($id), '', $id, $time, $now, ...success_time($fields['last_synced'] ?? null, $time, $now),
        HISTORY, LATENESS, $mode, DAYS, EVENTS, $letters, ...$values];
}

// The outcome: updated, noop or missing. What may stand behind it is of no use here: nothing has a schedule.
function read_outcome(string $answer): string
{
    return explode(' ', $answer, 2)[0];
}
