<?php
// How the PHP peer calls the script of a report, report.lua.
declare(strict_types=1);

const HISTORY = 100;
// In the order of report.lua's letters.
const FIELDS = [
    'last_sync_status', 'last_access_control_sync_status', 'last_synced', 'last_sync_error',
    'last_access_control_sync_error', 'last_indexed_document_count', 'last_deleted_document_count',
    'last_sync_scheduled_at', 'last_incremental_sync_scheduled_at',
    'last_access_control_sync_scheduled_at',
];

function connector_key(string $id): string
{
    $escaped = preg_replace_callback('/[{}%[:cntrl:]]/', fn ($found) => sprintf('%%%02X', ord($found[0])), $id);
    return "connector:{{$escaped}}";
}

// The keys and arguments, and how many of them are keys. Fields: a text, or null to clear one.
function report_words(string $key, array $fields): array
{
    $now = (int) (microtime(true) * 1000);
    $time = gmdate('Y-m-d\TH:i:s.', intdiv($now, 1000)) . sprintf('%03dZ', $now % 1000);
    $letters = '';
    $values = [];
    foreach (FIELDS as $field) {
        if (isset($fields[$field])) {
            $letters .= 's';
            $values[] = $fields[$field];
        } else {
            $letters .= array_key_exists($field, $fields) ? 'c' : '-';
        }
    }
    return [[$key, "$key:syncs", $time, $now, HISTORY, 'report', $letters, ...$values, 0], 2];
}

// The outcome (updated, noop, missing, changed), and the place to be written into `standings`, or null.
function read_answer(string $answer): array
{
    [$outcome, $place] = explode(' moved ', $answer) + [1 => null];
    return [explode(' ', $outcome)[0], $place];
}
