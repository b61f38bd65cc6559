// The public list of the board: one server over the runs of a project.
// Its page is built from client/, which imports types of view.ts and pure wording alone.
export { type Board, type BoardOptions, openBoard } from './server.ts'
