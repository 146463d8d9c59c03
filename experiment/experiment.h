#pragma once

// All of engram::experiment: studies whose runs are stored and resumable, their tables and figures.

#include <engram/experiment/json.h>
#include <engram/experiment/report/drawing.h>
#include <engram/experiment/report/estimate.h>
#include <engram/experiment/report/gnuplot.h>
#include <engram/experiment/report/lr_plot.h>
#include <engram/experiment/report/published.h>
#include <engram/experiment/report/report.h>
#include <engram/experiment/report/table.h>
#include <engram/experiment/run/clock.h>
#include <engram/experiment/run/evaluation.h>
#include <engram/experiment/run/progress.h>
#include <engram/experiment/run/results.h>
#include <engram/experiment/run/status_line.h>
#include <engram/experiment/run/stop.h>
#include <engram/experiment/run/training_record.h>
#include <engram/experiment/search/search.h>
#include <engram/experiment/store/database.h>
#include <engram/experiment/store/store.h>
#include <engram/experiment/tasks/method_record.h>
#include <engram/experiment/tasks/method_style.h>
#include <engram/experiment/tasks/mixed_batch.h>
#include <engram/experiment/tasks/outcome.h>
#include <engram/experiment/tasks/over_seeds.h>
#include <engram/experiment/tasks/sequence.h>
#include <engram/experiment/tasks/task_plot.h>
